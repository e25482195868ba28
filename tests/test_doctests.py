"""The examples in docstrings are run; those of the public names are there."""

from __future__ import annotations

import doctest
from importlib import import_module

import pytest

MODULES = (
    "",
    ".color.chroma",
    ".color.gamut",
    ".color.look",
    ".color.resampling",
    ".color.spaces",
    ".colorizer",
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


@pytest.mark.parametrize("name", MODULES, ids=[name[1:] or "root" for name in MODULES])
def test_the_examples_are_true(name):
    module = import_module(f"colorizing_things{name}")
    tests = [test for test in doctest.DocTestFinder(exclude_empty=True).find(module) if test.examples]
    assert tests, "no example in this module"
    said: list[str] = []
    runner = doctest.DocTestRunner()
    for test in tests:
        runner.run(test, out=said.append)
    assert runner.failures == 0, "".join(said)
