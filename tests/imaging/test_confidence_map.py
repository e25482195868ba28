"""The confidence map lies over the picture, whatever the two shapes."""

import numpy as np
import pytest
from PIL import Image

from colorizing_things.color.chroma import Chroma
from colorizing_things.errors import SettingError
from colorizing_things.imaging.confidence_map import save_confidence
from colorizing_things.imaging.picture import Picture


def test_it_is_stretched_to_the_picture_both_ways(tmp_path):
    """A field of 2 x 8 cells over 80 x 80 pixels: black above, white below, a straight way between their middles."""
    picture = Picture.of_array(np.zeros((80, 80, 1), np.uint8))
    sure = np.repeat(np.array([[0.0], [1.0]], np.float32), 8, axis=1)
    path = tmp_path / "sure.png"
    save_confidence(Chroma(np.zeros((2, 2, 8), np.float32), sure), picture, "tiny", path, overwrite=False)
    found = np.asarray(Image.open(path)).astype(int)
    assert found.shape == (80, 80) and (found == found[:, :1]).all()
    expected = np.interp(np.arange(80) + 0.5, [20, 60], [0, 255])
    assert np.abs(found[:, 0] - expected).max() <= 8
    assert (found[0, 0], found[-1, 0]) == (0, 255)
    with pytest.raises(SettingError, match="does not say how sure it is"):
        save_confidence(Chroma(np.zeros((2, 2, 8), np.float32)), picture, "tiny", tmp_path / "no.png", overwrite=False)
