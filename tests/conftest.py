"""Real photographs for every test: scikit-image's own, and the pictures of ../shared where they exist."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image
from skimage import data

from colorizing_things import Colorizer
from colorizing_things.color.spaces import lightness_to_srgb, srgb_to_lab

SHARED = Path(__file__).parents[2] / "shared"


def lightness(rgb: npt.NDArray) -> npt.NDArray:
    """L* of 8- or 16-bit sRGB pixels, grey or colour."""
    scaled = np.asarray(rgb, float) / np.iinfo(rgb.dtype).max
    if scaled.ndim == 2:
        scaled = np.repeat(scaled[..., None], 3, axis=-1)
    return srgb_to_lab(scaled[..., :3])[..., 0]


def chroma(rgb: npt.NDArray) -> npt.NDArray:
    """Chroma of 8- or 16-bit sRGB pixels."""
    lab = srgb_to_lab(np.asarray(rgb[..., :3], float) / np.iinfo(rgb.dtype).max)
    return np.hypot(lab[..., 1], lab[..., 2])


@pytest.fixture(scope="session")
def colorizer() -> Colorizer:
    return Colorizer()


@pytest.fixture(scope="session")
def colour_photo() -> npt.NDArray[np.uint8]:
    """A cup of coffee, 600 x 400, by Rachel Michetti (public domain)."""
    return data.coffee()


@pytest.fixture(scope="session")
def grey_photo(colour_photo: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    return np.round(lightness_to_srgb(lightness(colour_photo)) * 255).astype(np.uint8)


@pytest.fixture
def old_jpg(tmp_path: Path, grey_photo: npt.NDArray[np.uint8]) -> Path:
    path = tmp_path / "old.jpg"
    Image.fromarray(grey_photo).save(path, quality=92)
    return path
