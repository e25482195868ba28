"""Blocks of docs/methods/: each page's command begins a run of the recipe that the page shows."""

import shlex
from pathlib import Path

import pytest

pytest.importorskip("torch")

import yaml
from blocks import blocks, commands
from typer.testing import CliRunner

from colorizing_things.cli import app
from colorizing_things.lab.methods import METHODS
from colorizing_things.lab.recipes.load import build_recipe, recipe_names
from colorizing_things.lab.training import loop


def test_every_command_and_every_recipe(monkeypatch, tmp_path):
    """What a run does is what the tests of recipes and of the loop try."""
    monkeypatch.chdir(tmp_path)
    begun = []
    monkeypatch.setattr(loop, "train", lambda recipe, settings: begun.append((recipe, settings)))
    for name in recipe_names():
        page = f"docs/methods/{name}.md"
        (line,), (shown,) = commands(page), blocks(page, "yaml")
        done = CliRunner().invoke(app, shlex.split(line)[1:])
        assert done.exit_code == 0, (line, done.output)
        recipe, settings = begun.pop()
        assert recipe.stages == build_recipe(name, yaml.safe_load(shown), []).stages
        assert settings.out == Path("runs") / name
        assert (settings.start is not None) == METHODS[recipe.stages[0].method.name].needs_start
