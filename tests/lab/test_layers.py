"""The lab's packages stand on one another in one order, and no import goes round in a circle."""

from __future__ import annotations

import ast
from pathlib import Path

import colorizing_things

LAB = Path(colorizing_things.__file__).parent / "lab"
# From the ground up: each imports only from those before it.
ORDER = [
    "config", "color", "objectives", "networks", "metrics", "data", "decoding", "methods", "recipes", "training",
    "export", "separation", "evaluation", "film_evaluation", "cli",
]  # fmt: skip


def modules() -> dict[str, Path]:
    """Dotted name below ``lab`` -> file; a package by its own name."""
    found = {}
    for path in sorted(LAB.rglob("*.py")):
        parts = path.relative_to(LAB).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return {name: path for name, path in found.items() if name}


MODULES = modules()


def imports_of(name: str) -> set[str]:
    """Modules of the lab that one imports, at its head, in a function or for its types alone."""
    found: set[str] = set()
    package = name if MODULES[name].name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(MODULES[name].read_text())):
        if not isinstance(node, ast.ImportFrom):
            continue
        target = node.module or ""
        if node.level:
            parts = package.split(".") if package else []
            base = parts[: len(parts) - node.level + 1]
            target = ".".join([*base, target] if target else base)
        elif target.startswith("colorizing_things.lab."):
            target = target.removeprefix("colorizing_things.lab.")
        else:
            continue
        found |= {f"{target}.{a.name}" if f"{target}.{a.name}" in MODULES else target for a in node.names}
    return {target for target in found if target in MODULES and target != name}


def test_every_package_has_its_place_in_the_order():
    at_the_root = {name.partition(".")[0] for name in MODULES}
    assert at_the_root == set(ORDER)


def test_no_import_goes_up():
    upwards = [
        (name, target)
        for name in MODULES
        for target in imports_of(name)
        if ORDER.index(name.partition(".")[0]) < ORDER.index(target.partition(".")[0])
    ]
    assert not upwards


def test_no_circle_among_modules():
    graph = {name: imports_of(name) for name in MODULES}
    done: set[str] = set()

    def visit(name: str, way: tuple[str, ...]) -> None:
        assert name not in way, " -> ".join([*way[way.index(name) :], name])
        if name not in done:
            for target in graph[name]:
                visit(target, (*way, name))
            done.add(name)

    for name in graph:
        visit(name, ())
