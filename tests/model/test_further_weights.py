"""The further weights that the repository's history holds, as ``colorize models --fetch`` brings them."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from measures import chroma, lightness

from colorizing_things import Colorizer
from colorizing_things.model.fetching import destination, fetch_model
from colorizing_things.model.places import find_file, published

CHECKOUT = Path(__file__).parents[2]
MODELS = [name for name, model in published().items() if model.is_model]
LARGEST = 40e6  # bytes


@pytest.fixture
def encoders():
    """Where on this machine the files lie that others publish and rows read from, by name."""
    wanted = {file.name for model in published().values() for file in model.files if not file.path}
    return {name: found.absolute() for name in wanted if (found := find_file(name))}


@pytest.fixture
def history(tmp_path, monkeypatch):
    """This clone's history, all of it, and an empty folder of models."""
    for commit in {model.commit for model in published().values()}:
        if subprocess.run(["git", "cat-file", "-e", commit], cwd=CHECKOUT, capture_output=True).returncode:
            pytest.skip(f"the history of this copy does not hold {commit[:7]}")
    monkeypatch.chdir(CHECKOUT)
    monkeypatch.setenv("COLORIZE_MODELS", str(tmp_path / "models"))


@pytest.mark.parametrize("name", MODELS)
def test_further_weights_colour_a_photograph(name, encoders, history, gray_photo):
    for file in published()[name].files:
        if not file.path:
            if file.name not in encoders:
                pytest.skip(f"{file.name} is in none of this machine's folders of models")
            destination().mkdir(exist_ok=True)
            shutil.copy(encoders[file.name], destination())
    fetch_model(name)
    colorizer = Colorizer(name)
    colored = colorizer(gray_photo)
    assert colored.shape == (*gray_photo.shape[:2], 3)
    assert np.abs(lightness(colored) - lightness(gray_photo)).mean() < 0.5
    assert chroma(colored).mean() > 2
    assert colorizer.card.name == name


def test_what_is_listed_is_small_and_says_what_it_is():
    assert len(MODELS) >= 8
    for name, model in published().items():
        assert model.size < LARGEST and model.summary.endswith(".") and len(model.commit) == 40, name
        assert all(len(file.sha256) == 64 and file.size > 0 for file in model.files)
        assert model.is_model or [file.name for file in model.files] == [name]
