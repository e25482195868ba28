"""CIELUV under D65, to and from CIELAB and sRGB.

White point and matrices are those of :mod:`colorizing_things.color.spaces`, so u'n = 0.19784 and v'n = 0.46834. L* is
the same in both spaces. Arrays are channel-last, ``[..., 3]``: L* in 0..100, u* and v* in CIELUV units; colours inside
sRGB have u* in -83.08..175.01 and v* in -134.10..107.40 (measured over the cube's faces).
"""

from __future__ import annotations

import numpy as np

from colorizing_things.color.spaces import WHITE, lab_f, lab_f_inverse, lab_to_srgb, srgb_to_lab
from colorizing_things.types import FloatArray

_WHITE_SUM = float(WHITE @ (1, 15, 3))
U_WHITE = float(4 * WHITE[0]) / _WHITE_SUM
V_WHITE = float(9 * WHITE[1]) / _WHITE_SUM
U_RANGE = (-83.08, 175.01)  # of u* inside sRGB
V_RANGE = (-134.10, 107.40)  # of v* inside sRGB


def lab_to_luv(lab: FloatArray) -> FloatArray:
    """Lab ``[..., 3]`` -> Luv ``[..., 3]`` (CIE 15:2004, eq. 8.22 to 8.26); black has u* = v* = 0.

    Examples:
        >>> red = np.array([53.24, 80.09, 67.2])
        >>> lab_to_luv(red).round().tolist(), luv_to_lab(lab_to_luv(red)).round(2).tolist()
        ([53.0, 175.0, 38.0], [53.24, 80.09, 67.2])
    """
    L = lab[..., 0]
    fy = (L + 16) / 116
    f = np.stack([fy + lab[..., 1] / 500, fy, fy - lab[..., 2] / 200], axis=-1)
    X, Y, Z = np.moveaxis(lab_f_inverse(f) * WHITE, -1, 0)
    total = X + 15 * Y + 3 * Z
    lit = total > 1e-9
    total = np.where(lit, total, 1)
    u = 13 * L * (4 * X / total - U_WHITE)
    v = 13 * L * (9 * Y / total - V_WHITE)
    return np.stack([L, np.where(lit, u, 0), np.where(lit, v, 0)], axis=-1)


def luv_to_lab(luv: FloatArray) -> FloatArray:
    """Luv ``[..., 3]`` -> Lab ``[..., 3]``; where L* = 0, a* and b* are 0.

    For colours that exist; u* and v* that no light has (v' near 0) are for the caller to keep away.
    """
    L = luv[..., 0]
    lit = L > 1e-6
    scale = 13 * np.where(lit, L, 1)
    u = luv[..., 1] / scale + U_WHITE
    v = luv[..., 2] / scale + V_WHITE
    fy = (L + 16) / 116
    Y = lab_f_inverse(fy)
    fx = lab_f(Y * 9 * u / (4 * v) / WHITE[0])
    fz = lab_f(Y * (12 - 3 * u - 20 * v) / (4 * v) / WHITE[2])
    a, b = 500 * (fx - fy), 200 * (fy - fz)
    return np.stack([L, np.where(lit, a, 0), np.where(lit, b, 0)], axis=-1)


def srgb_to_luv(rgb: FloatArray) -> FloatArray:
    """SRGB ``[..., 3]`` in 0..1 -> Luv ``[..., 3]``."""
    return lab_to_luv(srgb_to_lab(rgb))


def luv_to_srgb(luv: FloatArray) -> FloatArray:
    """Luv ``[..., 3]`` -> sRGB ``[..., 3]``, not clipped; inverse of :func:`srgb_to_luv`."""
    return lab_to_srgb(luv_to_lab(luv))
