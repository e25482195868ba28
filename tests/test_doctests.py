"""The examples in docstrings are run; every public name has one."""

from __future__ import annotations

import doctest
import inspect
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import colorizing_things
from colorizing_things import errors

PACKAGE = Path(colorizing_things.__file__).parent
NEEDED = {"film": "av", "ray": "ray", "server": "fastapi", "lab": "torch"}  # by the first part of a module's name


def modules() -> Iterator[str]:
    """Every module of the package, lab included, that has an example; "" is the package itself."""
    for path in sorted(PACKAGE.rglob("*.py")):
        if ">>>" in path.read_text(encoding="utf-8"):
            parts = path.relative_to(PACKAGE).with_suffix("").parts
            yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = tuple(modules())


@pytest.mark.parametrize("name", MODULES, ids=[name or "root" for name in MODULES])
def test_the_examples_are_true(name):
    if needed := NEEDED.get(name.partition(".")[0]):
        pytest.importorskip(needed)
    module = import_module(f"colorizing_things.{name}".rstrip("."))
    tests = [test for test in doctest.DocTestFinder(exclude_empty=True).find(module) if test.examples]
    assert tests, "no example in this module"
    said: list[str] = []
    runner = doctest.DocTestRunner()
    for test in tests:
        runner.run(test, out=said.append)
    assert runner.failures == 0, "".join(said)


def documented(thing: Any, name: str) -> Iterator[tuple[str, str]]:
    """A function's docstring by its name; of a class also those of what it offers by itself."""
    yield name, inspect.getdoc(thing) or ""
    for inner, found in vars(thing).items() if inspect.isclass(thing) else ():
        found = found.fget if isinstance(found, property) else getattr(found, "__func__", found)
        if inspect.isfunction(found) and (inner == "__call__" or not inner.startswith("_")):
            yield f"{name}.{inner}", inspect.getdoc(found) or ""


def test_every_public_name_has_an_example():
    pytest.importorskip("av")
    public = {name: getattr(colorizing_things, name) for name in colorizing_things.__all__}
    public |= {name: thing for name, thing in vars(errors).items() if inspect.isclass(thing)}
    said = {name: text for found, thing in public.items() for name, text in documented(thing, found)}
    assert [name for name, text in said.items() if ">>>" not in text] == []
    looked_at = {f"colorizing_things.{module}".rstrip(".") for module in MODULES}
    assert {thing.__module__ for thing in public.values()} <= looked_at
