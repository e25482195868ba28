"""Real photographs for every test: scikit-image's own, and the pictures of ../shared where they exist."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import HealthCheck, settings
from measures import lightness
from PIL import Image
from programs import pytest_sessionfinish, pytest_terminal_summary  # noqa: F401 - pytest finds them here
from skimage import data

from colorizing_things import Colorizer
from colorizing_things.color.spaces import lightness_to_srgb

if TYPE_CHECKING:
    from playwright.sync_api import Playwright

# Speed is measured in benchmarks, never in a test: on a crowded machine 200 ms for an example are soon over.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")


@pytest.fixture(scope="session")
def colorizer() -> Colorizer:
    return Colorizer()


@pytest.fixture(scope="session")
def color_photo() -> npt.NDArray[np.uint8]:
    """A cup of coffee, 600 x 400, by Rachel Michetti (public domain)."""
    return data.coffee()


@pytest.fixture(scope="session")
def gray_photo(color_photo: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    return np.round(lightness_to_srgb(lightness(color_photo)) * 255).astype(np.uint8)


@pytest.fixture
def old_jpg(tmp_path: Path, gray_photo: npt.NDArray[np.uint8]) -> Path:
    path = tmp_path / "old.jpg"
    Image.fromarray(gray_photo).save(path, quality=92)
    return path


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """One for all browsers: it starts no second one beside itself."""
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as started:
        yield started
