"""The sRGB gamut in CIELAB: its largest chroma, and chroma pulled in at constant L and hue."""

from __future__ import annotations

import numpy as np

from colorizing_things.types import FloatArray

from .spaces import lab_to_linear


def max_chroma_at(L: FloatArray, hue: FloatArray) -> FloatArray:
    """Largest chroma inside sRGB at lightness ``L`` (0..100) and ``hue`` (radians), broadcast together.

    By bisection, to 1e-4 of a unit. Towards white and black it falls to 0.

    Examples:
        >>> max_chroma_at(np.array([50.0, 99.9]), np.array(0.0)).round(1).tolist()
        [79.0, 0.1]
    """
    L, hue = np.broadcast_arrays(np.asarray(L, np.float64), np.asarray(hue, np.float64))
    cosine, sine = np.cos(hue), np.sin(hue)
    low, high = np.zeros(L.shape), np.full(L.shape, 140.0)
    for _ in range(20):
        middle = (low + high) / 2
        linear = lab_to_linear(np.stack([L, middle * cosine, middle * sine], axis=-1))
        inside = ((linear >= -1e-6) & (linear <= 1 + 1e-6)).all(-1)
        low, high = np.where(inside, middle, low), np.where(inside, high, middle)
    return low


def pull_into_gamut(L: FloatArray, a: FloatArray, b: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Shrink chroma to the sRGB gamut at constant lightness and hue: the exact, slow way.

    Args:
        L: lightness 0..100, any shape.
        a: CIELAB a*, same shape.
        b: CIELAB b*, same shape.

    Returns:
        The new a and b; colours inside the gamut are returned as they were.

    Examples:
        >>> a, b = pull_into_gamut(np.array([50.0, 50.0]), np.array([120.0, 30.0]), np.array([0.0, 0.0]))
        >>> a.round().tolist(), b.tolist()
        ([79.0, 30.0], [0.0, 0.0])
    """
    chroma = np.hypot(a, b)
    scale = np.minimum(1, max_chroma_at(L, np.arctan2(b, a)) / np.maximum(chroma, 1e-6))
    return a * scale, b * scale
