"""The examples in docstrings are run; every public name has one."""

from __future__ import annotations

import doctest
import inspect
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest

import colorizing_things
from colorizing_things import errors

MODULES = (
    "",
    ".color.chroma",
    ".color.gamut",
    ".color.look",
    ".color.resampling",
    ".color.spaces",
    ".colorizer",
    ".errors",
    ".film.encoding",
    ".guidance.guide",
    ".guidance.hints",
    ".imaging.picture",
    ".model.catalog",
    ".model.model",
    ".model.noise",
    ".model.seen",
    ".options",
    ".ray.columns",
    ".ray.place",
    ".session",
)
NEEDED = {".film.encoding": "av", ".ray.columns": "ray", ".ray.place": "pyarrow"}


@pytest.mark.parametrize("name", MODULES, ids=[name[1:] or "root" for name in MODULES])
def test_the_examples_are_true(name):
    if name in NEEDED:
        pytest.importorskip(NEEDED[name])
    module = import_module(f"colorizing_things{name}")
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
    looked_at = {f"colorizing_things{module}" for module in MODULES}
    assert {thing.__module__ for thing in public.values()} <= looked_at
