"""docs/extending.md, followed word for word in a copy of the package."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from commands import one_after_another

pytest.importorskip("torch")
import colorizing_things

PACKAGE = Path(colorizing_things.__file__).parent
GUIDE = Path(__file__).parents[2] / "docs" / "extending.md"
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", GUIDE.read_text(), re.MULTILINE | re.DOTALL)


def link_or_copy(source: str, target: str) -> None:
    if Path(source).stat().st_size > 1 << 20:
        Path(target).symlink_to(source)
    else:
        shutil.copy(source, target)


@pytest.fixture
def checkout(tmp_path, photographs, gray_photo):
    """A copy of the package with what the guide's blocks say, and what its commands speak of."""
    from PIL import Image

    copied = tmp_path / "src" / "colorizing_things"
    shutil.copytree(PACKAGE, copied, copy_function=link_or_copy, ignore=shutil.ignore_patterns("__pycache__"))
    for kind, block in BLOCKS:
        if kind == "console":
            continue
        first, _, text = block.partition("\n")
        path = tmp_path / first.removeprefix("# ")
        if path.name == "__init__.py":
            statement, entry = (part.strip("\n") for part in text.split("\n\n"))
            code = path.read_text()
            code = re.sub(r"^(NETWORKS|METHODS)\b.*= \{$", rf"\g<0>\n{entry}", code, count=1, flags=re.MULTILINE)
            path.write_text(code.replace("\nfrom .", f"\n{statement}\nfrom .", 1))
        else:
            assert not path.exists()
            path.write_text(text)
    (tmp_path / "photographs").symlink_to(photographs)
    Image.fromarray(gray_photo).save(tmp_path / "old.jpg")
    return tmp_path


def test_the_guide(checkout):
    lines = [line.removeprefix("$ ") for kind, block in BLOCKS if kind == "console" for line in block.splitlines()]
    lines = [line for line in lines if line.startswith("colorize ")]
    assert len(lines) == 5
    commands = [(line.split()[1:], checkout, {}) for line in lines]
    ended = one_after_another(commands, {"PYTHONPATH": str(checkout / "src")})
    for line, end in zip(lines, ended, strict=True):
        assert end.code == 0, (line, end.stderr)
    assert "Huber's loss" in ended[0].stdout and "by its square" in ended[1].stdout
    assert (checkout / "old.color.jpg").exists()
