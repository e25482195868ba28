"""Identifiers are spelled as America does, and as the libraries around us; prose, and tests' names, as Britain does."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
BRITISH = re.compile(
    r"colour|grey|centr(e|es|ed)(_|$)|neighbour|behaviour|honour|favour|licence|(recogn|summar|normal)is", re.I
)
# libvips' own; and keys of the card, of HTTP and of the protocol that measurements were recorded by
KEPT = {
    "colourspace", "licence",
    "near_grey_colourfulness", "face_neighbours", "face_grey_chroma", "recognised_probability",
}  # fmt: skip


def identifiers(tree: ast.Module) -> set[str]:
    """Every name that a module gives or uses."""
    found: set[str] = set()
    for node in ast.walk(tree):
        for field in ("id", "name", "attr", "arg", "asname"):
            said = getattr(node, field, None)
            found |= set(said.split(".")) if isinstance(said, str) else set()
    return found


def test_identifiers_are_american():
    folders = [ROOT / name for name in ("src", "tests", "benchmarks", "examples")]
    found: dict[str, set[str]] = {}
    for path in (path for folder in folders for path in folder.rglob("*.py")):
        names = {path.stem, *identifiers(ast.parse(path.read_text(encoding="utf-8")))} - KEPT
        british = {name for name in names if BRITISH.search(name) and not name.startswith("test_")}
        found |= {str(path.relative_to(ROOT)): british} if british else {}
    assert found == {}
