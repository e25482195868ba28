"""A small set of real photographs for the lab: crops of scikit-image's own."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage import data


@pytest.fixture(scope="session")
def photographs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of 24 crops, 160 px a side, in two sub-folders."""
    folder = tmp_path_factory.mktemp("photographs")
    rng = np.random.default_rng(0)
    for source in ("astronaut", "coffee", "chelsea"):
        pixels = getattr(data, source)()
        (folder / source).mkdir()
        for number in range(8):
            top, left = rng.integers(pixels.shape[0] - 160), rng.integers(pixels.shape[1] - 160)
            crop = pixels[top : top + 160, left : left + 160]
            Image.fromarray(crop).save(folder / source / f"{number}.png")
    return folder


@pytest.fixture(autouse=True)
def cache_of_its_own(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Decoded photographs of tests stay out of the user's cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.getbasetemp() / "cache"))


@pytest.fixture(scope="session", autouse=True)
def short_sheets() -> Iterator[None]:
    """Two pictures on a sheet of samples: twelve would be a third of what a run of three steps does."""
    with pytest.MonkeyPatch.context() as patch:
        if find_spec("torch"):
            patch.setattr("colorizing_things.lab.training.loop.SAMPLES", 2)
        yield
