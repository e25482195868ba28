"""The page joins lightness and colour itself; the server renders the download. Both must show the same colours."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("playwright.sync_api")

from page_steps import colored, download, drop, set_slider, settled
from PIL import Image
from playwright.sync_api import Page

LOOKS = {"as it comes": (1, 0, 1), "vivid and warm": (1.9, 0.7, 1), "pale and cold": (0.6, -1, 0.55)}


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS.keys())
def test_preview_is_the_download(page: Page, photos: dict[str, Path], tmp_path: Path, look: tuple) -> None:
    check(page, photos["png"], look, tmp_path)


def test_preview_of_noise_is_the_download(page: Page, tmp_path: Path) -> None:
    """The server's join is the shader's slow twin: on random lightness and with a random look."""
    rng = np.random.default_rng()
    noise = rng.integers(0, 256, (24, 32, 1)).repeat(10, 0).repeat(10, 1)[..., 0]
    noise = (noise * 0.6 + rng.integers(0, 103, noise.shape)).clip(0, 255).astype(np.uint8)
    Image.fromarray(noise).save(tmp_path / "noise.png")
    look = (round(rng.uniform(1, 2), 2), round(rng.uniform(-1, 1), 2), round(rng.uniform(0.5, 1), 2))
    check(page, tmp_path / "noise.png", look, tmp_path)


def check(page: Page, photo: Path, look: tuple, tmp_path: Path) -> None:
    drop(page, [photo])
    colored(page, [photo])
    for name, value in zip(("Saturation", "Warmth", "Strength"), look, strict=True):
        set_slider(page, name, value)
    page.get_by_role("button", name="Show at 100 %").click()
    page.mouse.move(5, 5)
    settled(page)
    stage = Image.open(io.BytesIO(page.get_by_role("application").screenshot())).convert("RGB")
    download(page).save_as(tmp_path / "rendered.png")
    rendered = np.asarray(Image.open(tmp_path / "rendered.png").convert("RGB")).astype(int)
    difference = np.abs(placed(np.asarray(stage).astype(int), rendered) - rendered)
    assert difference.mean() < 0.5, look
    # Rounding only; but at the edge of the gamut a neighbouring cell of the table may be read.
    assert np.percentile(difference, 99.9) <= 1, look
    assert difference.max() <= 12, look


def placed(stage: np.ndarray, picture: np.ndarray) -> np.ndarray:
    """The picture's part of the stage: in the middle, within a pixel of rounding."""
    height, width = picture.shape[:2]
    middle, center = (stage.shape[0] - height) // 2, (stage.shape[1] - width) // 2
    parts = [
        stage[top : top + height, left : left + width]
        for top in range(middle - 1, middle + 2)
        for left in range(center - 1, center + 2)
    ]
    return min(parts, key=lambda part: np.abs(part - picture).mean())
