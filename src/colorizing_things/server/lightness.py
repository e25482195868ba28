"""A picture's lightness as a PNG, which the page joins with the small field of colour; and the picture as it was."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pyvips

from colorizing_things.color.spaces import lightness_to_srgb
from colorizing_things.imaging.picture import Picture

STEPS = 65535  # of L* 0..100 in the table: a 257th of an 8-bit code


def lightness_png(picture: Picture, max_side: int) -> bytes:
    """8-bit grey PNG of the first page, upright, its longer side ``max_side`` at most; never enlarged.

    With alpha, where the picture has some.

    Raises:
        PictureError: the file is damaged.
    """
    width, height = _size(picture, max_side)
    planes = [eight_bit(picture.small_plane(0, width, height))]
    if picture.has_alpha:
        planes.append(eight_bit(picture.small_alpha(0, width, height)))
    return png(np.stack(planes, -1), "b-w")


def original_png(picture: Picture, max_side: int) -> bytes:
    """8-bit sRGB PNG of the first page in its own colours: what a toned or coloured photograph was before.

    Raises:
        PictureError: the file is damaged.
    """
    return png(picture.small_rgb(0, *_size(picture, max_side)), "srgb")


def _size(picture: Picture, max_side: int) -> tuple[int, int]:
    scale = min(1.0, max_side / max(picture.width, picture.height))
    return max(1, round(picture.width * scale)), max(1, round(picture.height * scale))


def png(codes: npt.NDArray[Any], interpretation: str) -> bytes:
    """Codes ``[H,W,bands]`` as a PNG, quickly made."""
    image = pyvips.Image.new_from_array(codes, interpretation=interpretation)
    return bytes(image.pngsave_buffer(compression=1, keep="none"))


def eight_bit(lightness: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    """Neutral sRGB codes 0..255 of lightness as :class:`.Strip` has it: codes of 8 or 16 bits, or L* (float32)."""
    if lightness.dtype == np.uint8:
        return lightness
    if lightness.dtype == np.uint16:
        return ((lightness.astype(np.uint32) + 128) // 257).astype(np.uint8)
    scaled = np.clip(lightness, 0, 100) * np.float32(STEPS / 100) + np.float32(0.5)
    codes: npt.NDArray[np.uint8] = _codes().take(scaled.astype(np.uint16), mode="clip")
    return codes


@cache
def _codes() -> npt.NDArray[np.uint8]:
    return np.round(lightness_to_srgb(np.linspace(0, 100, STEPS + 1)).clip(0, 1) * 255).astype(np.uint8)
