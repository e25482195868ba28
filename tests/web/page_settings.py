"""What the page's tests share before there is a page: sizes, places, a browser, photographs. Needs no playwright."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from measures import lightness
from PIL import Image
from programs import find
from skimage import data

from colorizing_things.color.spaces import lightness_to_srgb

if TYPE_CHECKING:
    from playwright import sync_api

ROOT = Path(__file__).parents[2]
DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 390, "height": 844}
SIZES = {
    "desktop": DESKTOP,
    "phone": PHONE,
    "phone on its side": {"width": 844, "height": 390},
    "tablet": {"width": 820, "height": 1180},
}
WAIT = 60_000  # ms: a busy machine may be slow
# No graphics card is asked for, and colours are those of the page: sRGB.
FLAGS = ["--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--force-color-profile=srgb"]
# WebGPU, drawn by the processor: right, and slow.
WITH_GRAPHICS = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader", "--enable-features=Vulkan"]


def launched(playwright: sync_api.Playwright, flags: Iterable[str] = ()) -> sync_api.Browser:
    """The system's Chromium, with ``flags`` beside those of every test."""
    as_root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    return playwright.chromium.launch(executable_path=find("chromium"), args=[*FLAGS, *flags, *as_root])


def gray_jpegs(folder: Path, names: Iterable[str]) -> dict[str, Path]:
    """Grey photographs of scikit-image's own, in the public domain."""
    paths = {}
    for name in names:
        gray = (lightness_to_srgb(lightness(getattr(data, name)())) * 255).round().astype("uint8")
        paths[name] = folder / f"{name}.jpg"
        Image.fromarray(gray).save(paths[name], quality=92, dpi=(300, 300))
    return paths
