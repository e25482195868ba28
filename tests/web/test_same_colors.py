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

from colorizing_things.color.chroma import Chroma
from colorizing_things.color.join import Joiner
from colorizing_things.color.look import Look

LOOKS = {"as it comes": (1, 0, 1), "vivid and warm": (1.9, 0.7, 1), "pale and cold": (0.6, -1, 0.55)}


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS.keys())
def test_preview_is_the_download(page: Page, photos: dict[str, Path], tmp_path: Path, look: tuple) -> None:
    check(page, photos["png"], look, tmp_path)


def test_the_shader_is_its_slow_twin_on_random_input(page: Page, tmp_path: Path) -> None:
    """Random lightness, a random look, and in place of the network's colours random ones, most of them out of gamut."""
    seed = np.random.SeedSequence().entropy
    rng = np.random.default_rng(seed)
    noise = rng.integers(0, 256, (240, 320), np.uint8)
    Image.fromarray(noise).save(tmp_path / "noise.png")
    field = rng.normal(0, 50, (2, *rng.integers(2, 60, 2))).astype(np.float32)
    look = tuple(round(rng.uniform(*ends), 2) for ends in ((0, 2), (-1, 1), (0, 1)))
    planes = {"X-Chroma-Height": str(field.shape[1]), "X-Chroma-Width": str(field.shape[2]), "X-Chroma-Planes": "2"}
    page.route("**/predict", lambda route: route.fulfill(body=field.tobytes(), headers=planes))
    stage = shown(page, tmp_path / "noise.png", look)
    saturation, warmth, strength = look
    chroma = Chroma(field).with_look(Look(saturation=saturation, warmth=warmth, strength=strength))
    compare(stage, Joiner(chroma, *noise.shape, deep=False)(0, noise), f"seed {seed}, look {look}, {field.shape}")


def check(page: Page, photo: Path, look: tuple, tmp_path: Path) -> None:
    stage = shown(page, photo, look)
    download(page).save_as(tmp_path / "rendered.png")
    compare(stage, np.asarray(Image.open(tmp_path / "rendered.png").convert("RGB")), str(look))


def shown(page: Page, photo: Path, look: tuple) -> np.ndarray:
    """The stage's pixels with this photograph on it, at 100 %."""
    drop(page, [photo])
    colored(page, [photo])
    for name, value in zip(("Saturation", "Warmth", "Strength"), look, strict=True):
        set_slider(page, name, value)
    page.get_by_role("button", name="Show at 100 %").click()
    page.mouse.move(5, 5)
    settled(page)
    return np.asarray(Image.open(io.BytesIO(page.get_by_role("application").screenshot())).convert("RGB"))


def compare(stage: np.ndarray, rendered: np.ndarray, said: str) -> None:
    rendered = rendered.astype(int)
    difference = np.abs(placed(stage.astype(int), rendered) - rendered)
    assert difference.mean() < 0.5, said
    # Rounding only; but at the edge of the gamut a neighbouring cell of the table may be read.
    assert np.percentile(difference, 99.9) <= 1, said
    assert difference.max() <= 12, said


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
