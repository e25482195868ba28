"""The further weights that lie beside the package, in ``weights/``."""

from pathlib import Path

import numpy as np
import pytest
from measures import chroma, lightness

from colorizing_things import Colorizer

FOLDERS = sorted(card.parent for card in (Path(__file__).parents[2] / "weights").glob("*/card.json"))
LARGEST = 40e6  # bytes


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_further_weights_colour_a_photograph(folder, grey_photo):
    colorizer = Colorizer(folder)
    coloured = colorizer(grey_photo)
    assert coloured.shape == (*grey_photo.shape[:2], 3)
    assert np.abs(lightness(coloured) - lightness(grey_photo)).mean() < 0.5
    assert chroma(coloured).mean() > 2
    assert colorizer.card.name == folder.name


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_further_weights_are_small(folder):
    assert sum(file.stat().st_size for file in folder.iterdir()) < LARGEST
