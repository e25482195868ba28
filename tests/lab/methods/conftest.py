"""What the mixture network needs: runs of an autoencoder and of Zhang's network, tiny."""

from __future__ import annotations

import pytest

pytest.importorskip("torch")
from tiny import tiny_stage

from colorizing_things.lab.config.recipe import Recipe
from colorizing_things.lab.training.loop import train
from colorizing_things.lab.training.settings import RunSettings


@pytest.fixture(scope="session")
def trained_before(photographs, tmp_path_factory):
    """Two runs of two steps, and what the mixture is to be told of them."""
    folder = tmp_path_factory.mktemp("before")
    for name, width in (("deshpande2017-vae", 0.03), ("zhang2016", 0.03)):
        stage = tiny_stage(name, "steps=2", f"network.width={width}")
        recipe = Recipe(name=name, stages=(stage,))
        train(recipe, RunSettings(data=photographs, out=folder / name, precision="32-true"))
    return [f"method.vae={folder / 'deshpande2017-vae'}", f"method.zhang={folder / 'zhang2016'}"]
