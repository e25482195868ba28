"""Chroma planes for a frame whose luma is kept: a small ab field, enlarged and joined, as Cb and Cr."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np

from colorizing_things.color.join import in_gamut
from colorizing_things.color.spaces import linear_to_srgb, srgb_to_lightness
from colorizing_things.types import Codes, Float32

from .luma import Scale, resized

STEPS = 1 << 14  # of light, and of luma, in the tables
KR, KG, KB = 0.2126, 0.7152, 0.0722  # BT.709


@dataclass(frozen=True)
class Grid:
    """Chroma's places: one for ``across`` x ``down`` of luma."""

    across: int = 2
    down: int = 2

    def size(self, width: int, height: int) -> tuple[int, int]:
        """(width, height) of a chroma plane."""
        return -(-width // self.across), -(-height // self.down)


def chroma_planes(luma: Codes, scale: Scale, ab: Float32, grid: Grid) -> tuple[Codes, Codes]:
    """Cb and Cr by which a frame gets a field's colours, its luma being what it is.

    The colour is that of the lightness which luma says were it grey, pulled into the gamut; and then once more so that
    R, G and B of the kept luma are within 0 to 1: what a player cuts off would change its lightness.

    Args:
        luma: codes ``[H,W]``.
        scale: of the luma; the planes are of the same.
        ab: CIELAB units, ``[2,h,w]`` over the whole frame.
        grid: where chroma lies.

    Returns:
        Two planes of the grid's size.
    """
    height, width = luma.shape
    size = grid.size(width, height)
    value = scale.values(resized(luma, *size))
    cb, cr = differences(value, enlarged(ab, *size))
    span, middle, most = np.float32(scale.chroma_span), np.float32(scale.middle + 0.5), (1 << scale.bits) - 1
    u, v = (np.clip(plane * span + middle, 0, most).astype(scale.dtype) for plane in (cb, cr))
    return u, v


def enlarged(ab: Float32, width: int, height: int) -> Float32:
    """A field ``[2,h,w]`` at another size."""
    return np.stack([cv2.resize(plane, (width, height), interpolation=cv2.INTER_CUBIC) for plane in ab])


def differences(value: Float32, ab: Float32) -> tuple[Float32, Float32]:
    """Cb and Cr, -.5 to .5, of colours ``ab`` [2,h,w] at luma ``value`` [h,w] in 0..1."""
    fy = _f_table().take((value * np.float32(STEPS - 1) + np.float32(0.5)).astype(np.intp), mode="clip")
    linear = in_gamut(fy.reshape(-1), *(ab * np.array([1 / 500, -1 / 200], np.float32)[:, None, None]).reshape(2, -1))
    linear *= np.float32(STEPS - 1)
    linear += np.float32(0.5)
    red, green, blue = (_encoded().take(light.astype(np.intp), mode="clip").reshape(value.shape) for light in linear)
    own = np.float32(KR) * red + np.float32(KG) * green + np.float32(KB) * blue
    shift = red - own, green - own, blue - own
    cb, cr = shift[2] * np.float32(0.5 / (1 - KB)), shift[0] * np.float32(0.5 / (1 - KR))
    highest, lowest = np.maximum.reduce(shift), np.minimum.reduce(shift)
    cut = np.flatnonzero((value + highest > 1) | (value + lowest < 0))
    if cut.size:
        v, high, low = (plane.take(cut) for plane in (value, highest, lowest))
        keep = np.minimum(1, np.minimum((1 - v) / np.maximum(high, 1e-6), v / np.maximum(-low, 1e-6)))
        for plane in (cb, cr):
            plane.put(cut, plane.take(cut) * keep)
    return cb, cr


def rgb_of(value: Float32, cb: Float32, cr: Float32) -> Codes:
    """SRGB ``[h,w,3]``, uint8, of luma in 0..1 and chroma in -.5 to .5, all of one size."""
    red, blue = value + cr * np.float32(2 * (1 - KR)), value + cb * np.float32(2 * (1 - KB))
    green = (value - np.float32(KR) * red - np.float32(KB) * blue) * np.float32(1 / KG)
    rgb = np.stack([red, green, blue], axis=-1)
    return np.asarray(np.clip(rgb * 255 + 0.5, 0, 255), np.uint8)


@cache
def _f_table() -> Float32:
    """CIELAB's f(Y) of luma 0..1 in steps."""
    return ((srgb_to_lightness(np.arange(STEPS) / (STEPS - 1)) + 16) / 116).astype(np.float32)


@cache
def _encoded() -> Float32:
    """Linear light in steps -> encoded 0..1. The toe is straight, so even steps do."""
    return linear_to_srgb(np.arange(STEPS) / (STEPS - 1)).astype(np.float32)
