"""The two houses: the product never imports the lab, nor torch."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import colorizing_things

PACKAGE = Path(colorizing_things.__file__).parent
LAB_ONLY = {
    "torch",
    "kornia",
    "lightning_fabric",
    "lightning",
    "torchmetrics",
    "onnx",
    "onnxscript",
    "pyarrow",
    "yaml",
    "cv2",
}


def imported(path: Path) -> set[str]:
    names = set()
    package = ["colorizing_things", *path.relative_to(PACKAGE).parts[:-1]]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            names |= {module, *(f"{module}.{alias.name}" for alias in node.names)}
    return names


def test_the_product_imports_neither_the_lab_nor_its_libraries():
    checked = 0
    for path in PACKAGE.rglob("*.py"):
        if "lab" in path.relative_to(PACKAGE).parts:
            continue
        checked += 1
        for name in imported(path):
            assert not name.startswith("colorizing_things.lab"), f"{path} imports {name}"
            assert name.partition(".")[0] not in LAB_ONLY, f"{path} imports {name}"
    assert checked > 15


def test_importing_the_product_and_its_command_loads_no_torch():
    code = "import sys, colorizing_things.cli; assert 'torch' not in sys.modules, 'torch was imported'"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_no_room_is_too_large():
    for path in PACKAGE.rglob("*.py"):
        assert len(path.read_text().splitlines()) <= 400, path
