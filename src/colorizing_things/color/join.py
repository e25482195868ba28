"""Joiner: a small ab field, enlarged and joined with full-size lightness strip by strip."""

from __future__ import annotations

from functools import cache

import numpy as np

from colorizing_things.types import Codes, Float32

from .chroma import Chroma
from .gamut import max_chroma_at
from .resampling import bicubic_matrix, bicubic_taps
from .spaces import (
    F_INVERSE_THRESHOLD,
    WHITE,
    XYZ_TO_RGB,
    linear_to_srgb,
    srgb_to_lightness,
)

TILE_PIXELS = 1 << 17  # smaller ones spend their time waiting for the interpreter lock
LINEAR_STEPS = 65535
L_STEPS, TURN_STEPS = 200, 360  # cells of the table that brings chroma into the gamut


class Joiner:
    """Joins one Chroma with the lightness of one picture, strip by strip.

    Bicubic enlargement goes along the width first, once, and then down the height strip by strip: exact at
    the edges, any size, and memory for a strip only. Chroma outside the sRGB gamut is pulled in at constant L
    and hue.
    """

    def __init__(self, chroma: Chroma, height: int, width: int, deep: bool) -> None:
        """``height`` and ``width`` are the picture's; ``deep`` asks for 16-bit output."""
        small_height, small_width = chroma.ab.shape[1:]
        self.taps, self.weights = bicubic_taps(small_height, height)
        columns = bicubic_matrix(small_width, width).T
        # CIELAB's f takes a / 500 and -b / 200 beside f(Y).
        scale = np.array([1 / 500, -1 / 200], np.float32)[:, None, None]
        self.wide = [np.ascontiguousarray(plane @ columns) for plane in chroma.ab * scale]
        self.encode = _encoding_table(deep)

    def __call__(self, top: int, lightness: Codes | Float32) -> Codes:
        """Colour the rows from ``top`` on.

        Args:
            top: first row of the strip in the picture.
            lightness: ``[rows, width]``, neutral sRGB codes (uint8, uint16) or L* 0..100 (float32).

        Returns:
            sRGB ``[rows, width, 3]``, uint8 or uint16.
        """
        return self.join(lightness, self.enlarge(top, len(lightness)))

    def enlarge(self, top: int, count: int) -> list[Float32]:
        """What a and b add to f(X) and f(Z) in ``count`` rows from ``top`` on: two ``[count, width]`` planes."""
        taps, weights = self.taps[top : top + count], self.weights[top : top + count]
        enlarged = []
        for plane in self.wide:
            out = plane.take(taps[:, 0], axis=0)
            out *= weights[:, :1]
            for tap in range(1, 4):
                out += plane.take(taps[:, tap], axis=0) * weights[:, tap : tap + 1]
            enlarged.append(out)
        return enlarged

    def join(self, lightness: Codes | Float32, offsets: list[Float32]) -> Codes:
        """Lightness and enlarged chroma -> sRGB ``[rows, width, 3]``, tile by tile."""
        count, width = lightness.shape
        out = np.empty((count * width, 3), self.encode.dtype)
        flat, (dx, dz) = lightness.reshape(-1), (plane.reshape(-1) for plane in offsets)
        for start in range(0, count * width, TILE_PIXELS):
            part = slice(start, start + TILE_PIXELS)
            self._join_tile(flat[part], dx[part], dz[part], out[part])
        return out.reshape(count, width, 3)

    def _join_tile(self, lightness: Codes | Float32, dx: Float32, dz: Float32, out: Codes) -> None:
        linear = in_gamut(_f_of_lightness(lightness), dx, dz)
        linear *= LINEAR_STEPS
        linear += 0.5
        index = np.clip(linear, 0, LINEAR_STEPS, out=linear).astype(np.uint16)
        for channel in range(3):
            out[:, channel] = self.encode.take(index[channel], mode="clip")  # take lets other threads run


def in_gamut(fy: Float32, dx: Float32, dz: Float32) -> Float32:
    """Linear sRGB ``[3, N]``, chroma pulled in where it is out of gamut.

    Args:
        fy: CIELAB's f(Y), ``[N]``.
        dx, dz: what a and b add to it in f(X) and f(Z), a / 500 and -b / 200, ``[N]``.
    """
    linear = _to_linear(fy, dx, dz)
    outside = np.flatnonzero((linear.min(0) < -1e-4) | (linear.max(0) > 1 + 1e-4))
    if outside.size:
        fy, dx, dz = fy.take(outside), dx.take(outside), dz.take(outside)
        scale = _pull_in(fy, dx, dz)
        pulled = _to_linear(fy, dx * scale, dz * scale)
        for channel in range(3):
            linear[channel].put(outside, pulled[channel])
    return linear


def _to_linear(fy: Float32, dx: Float32, dz: Float32) -> Float32:
    """f(Y), and what a and b add to it, -> linear sRGB ``[3, N]``."""
    xyz = [_f_inverse(f) for f in (fy + dx, fy, fy + dz)]
    linear = np.empty((3, *fy.shape), np.float32)
    for channel, weights in enumerate((XYZ_TO_RGB * WHITE).astype(np.float32)):
        np.multiply(xyz[0], weights[0], out=linear[channel])
        linear[channel] += xyz[1] * weights[1]
        linear[channel] += xyz[2] * weights[2]
    return linear


def _f_inverse(f: Float32) -> Float32:
    """:func:`.spaces.lab_f_inverse` in as few passes as may be."""
    cubed = f * f
    cubed *= f
    if f.min() <= F_INVERSE_THRESHOLD:  # only near-black needs the linear toe
        np.copyto(cubed, (f - np.float32(16 / 116)) * np.float32(1 / 7.787), where=f <= F_INVERSE_THRESHOLD)
    return cubed


def _pull_in(fy: Float32, dx: Float32, dz: Float32) -> Float32:
    """Factor 0..1 on chroma that brings these colours to the gamut's edge, at constant L and hue."""
    a, b = dx * np.float32(500), dz * np.float32(-200)
    sum_of_sides = np.abs(a)
    sum_of_sides += np.abs(b)
    turn = b / np.maximum(sum_of_sides, np.float32(1e-6))
    np.copyto(turn, 2 - turn, where=a < 0)  # the diamond angle: -1..3 around the circle, and no arctangent
    column = ((turn + 1) * np.float32(TURN_STEPS / 4)).astype(np.int32) % TURN_STEPS
    row = np.clip((116 * fy - 16) * np.float32(L_STEPS / 100), 0, L_STEPS - 1).astype(np.int32)
    limit = _chroma_limit().take(row * TURN_STEPS + column, mode="clip")
    return np.asarray(np.minimum(1, limit / np.sqrt(np.maximum(a * a + b * b, np.float32(1e-6)))))


@cache
def _chroma_limit() -> Float32:
    """Largest in-gamut chroma by (lightness, diamond angle), flat; each cell holds its corners' least."""
    row = np.linspace(0, 100, L_STEPS + 1)
    turn = np.linspace(-1, 3, TURN_STEPS + 1)
    b = np.where(turn > 1, 2 - turn, turn)
    a = np.where(turn > 1, -1, 1) * (1 - np.abs(b))
    corners = max_chroma_at(row[:, None], np.arctan2(b, a)[None, :])
    cells = np.minimum(corners[:-1], corners[1:])
    return np.minimum(cells[:, :-1], cells[:, 1:]).astype(np.float32).reshape(-1)


@cache
def _f_table(bits: int) -> Float32:
    """f(Y) of every neutral sRGB code of that many bits."""
    codes = np.arange(2**bits) / (2**bits - 1)
    return ((srgb_to_lightness(codes) + 16) / 116).astype(np.float32)


def _f_of_lightness(lightness: Codes | Float32) -> Float32:
    if lightness.dtype == np.float32:
        return np.asarray((lightness + np.float32(16)) * np.float32(1 / 116), np.float32)
    bits = 8 * lightness.dtype.itemsize
    return _f_table(bits).take(lightness.astype(np.intp), mode="clip")


@cache
def _encoding_table(deep: bool) -> Codes:
    """Linear light in 65536 steps -> sRGB codes of 8 or 16 bits."""
    encoded = linear_to_srgb(np.arange(LINEAR_STEPS + 1) / LINEAR_STEPS)
    return (encoded * 65535).round().astype(np.uint16) if deep else (encoded * 255).round().astype(np.uint8)
