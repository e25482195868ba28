"""The two houses: the product never imports the lab, nor torch; and inside the product imports go one way only."""

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
    "av",
    "cv2",
}
FILM_TOO = {"av", "cv2"}  # the extra ``video``: no other module of the product knows it


# Lowest first: a module may import from its own layer (without a circle) and from those before it.
LAYERS = (
    {"types", "errors", "system"},
    {"color"},
    {"imaging"},
    {"model"},
    {"guidance"},
    {"options"},
    {"session"},
    {"film"},
    {"colorizer", "demonstration", "web"},
    {"batch"},
    {""},  # the package itself, the front door
    {"server", "ray"},
    {"cli"},
    {"__main__"},
    {"lab"},
)


def imported(path: Path) -> set[str]:
    """Dotted names of the modules, and of what is taken from them, that a file imports anywhere in it."""
    names = set()
    package = ["colorizing_things", *path.relative_to(PACKAGE).parts[:-1]]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
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
            within = path.relative_to(PACKAGE).parts
            allowed = FILM_TOO if "film" in within else {"pyarrow"} if "ray" in within else set()
            assert name.partition(".")[0] not in LAB_ONLY - allowed, f"{path} imports {name}"
    assert checked > 15


def test_importing_the_product_and_its_command_loads_no_torch():
    code = "import sys, colorizing_things.cli; assert 'torch' not in sys.modules, 'torch was imported'"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_importing_the_product_leaves_the_hosts_libvips_and_loggers_alone():
    code = (
        "import logging, pyvips; asked = []; pyvips.cache_set_max = asked.append;"
        "import colorizing_things.cli, colorizing_things.server.app;"
        "assert not asked and logging.getLogger('pyvips').level == logging.NOTSET"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def modules() -> dict[str, Path]:
    """The product's modules by their names below ``colorizing_things`` ("" is the package's own)."""
    found = {}
    for path in PACKAGE.rglob("*.py"):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        if "lab" not in parts:
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def arrows() -> dict[str, set[str]]:
    """Which of the product's modules each imports. A name that is no module belongs to the one it is taken from."""
    known = modules()
    found = {}
    for module, path in known.items():
        ours = {name.removeprefix("colorizing_things").lstrip(".") for name in imported(path) if "colorizing" in name}
        found[module] = {name for name in ours & set(known) if name != module}
        if any(name and name not in known and "." not in name for name in ours):
            found[module].add("")  # ``from colorizing_things import Colorizer``
        else:
            found[module].discard("")
        inner = {name for name in found[module] if any(other.startswith(f"{name}.") for other in found[module])}
        found[module] -= inner  # ``from .imaging import arrays`` is of imaging.arrays
    return found


def layer(module: str) -> int:
    return next(n for n, names in enumerate(LAYERS) if module.partition(".")[0] in names)


def test_every_module_is_in_a_layer():
    assert {module.partition(".")[0] for module in modules()} <= set().union(*LAYERS)


def test_no_import_runs_back_up():
    for module, others in arrows().items():
        for other in others:
            assert layer(other) <= layer(module), f"{module} imports {other}, which is above it"


def test_no_imports_go_in_a_circle():
    left = arrows()
    while left:
        free = {module for module, others in left.items() if not others & set(left)}
        assert free, f"a circle among {sorted(left)}"
        left = {module: others for module, others in left.items() if module not in free}


def lines_of_examples(tree: ast.Module) -> int:
    """How many lines of a module are examples at the ends of docstrings, which are tests."""
    with_docstring = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = [ast.get_docstring(node) or "" for node in ast.walk(tree) if isinstance(node, with_docstring)]
    return sum(len(text[text.index("\nExamples:") :].splitlines()) for text in docstrings if "\nExamples:" in text)


def test_no_module_is_too_large():
    for path in PACKAGE.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert len(text.splitlines()) - lines_of_examples(ast.parse(text)) <= 400, path
