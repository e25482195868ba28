"""sRGB and CIELAB under D65.

Constants are those of IEC 61966-2-1 with the white point (0.95047, 1, 1.08883), as in scikit-image and
kornia, so that the product, the lab and the published figures speak of the same colours.

Arrays are channel-last: ``[..., 3]``. sRGB is encoded (gamma) in 0..1 unless a name says ``linear``; Lab is
L* in 0..100, a* and b* in CIELAB units.
"""

from __future__ import annotations

import numpy as np

from colorizing_things.types import FloatArray

WHITE = np.array([0.95047, 1.0, 1.08883])
RGB_TO_XYZ = np.array([[0.412453, 0.357580, 0.180423], [0.212671, 0.715160, 0.072169], [0.019334, 0.119193, 0.950227]])
XYZ_TO_RGB = np.linalg.inv(RGB_TO_XYZ)

# CIE 15:2004, section 8.2.1: where the cube root gives way to a straight line.
F_THRESHOLD = 0.008856
F_INVERSE_THRESHOLD = 0.2068966


def srgb_to_linear(encoded: FloatArray) -> FloatArray:
    """Undo the sRGB transfer curve: encoded 0..1 -> linear light 0..1 (IEC 61966-2-1).

    Examples:
        >>> srgb_to_linear(np.array([0, 0.5, 1])).round(3).tolist()
        [0.0, 0.214, 1.0]
    """
    return np.where(encoded <= 0.04045, encoded / 12.92, ((np.maximum(encoded, 0) + 0.055) / 1.055) ** 2.4)


def linear_to_srgb(linear: FloatArray) -> FloatArray:
    """Apply the sRGB transfer curve: linear light 0..1 -> encoded 0..1 (IEC 61966-2-1).

    Examples:
        >>> linear_to_srgb(np.array([0, 0.214, 1])).round(3).tolist()
        [0.0, 0.5, 1.0]
    """
    power = 1.055 * np.maximum(linear, 0) ** (1 / 2.4) - 0.055
    return np.where(linear <= 0.0031308, linear * 12.92, power)


def lab_f(t: FloatArray) -> FloatArray:
    """CIELAB's f: a cube root with a linear toe; ``t`` is X/Xn, Y/Yn or Z/Zn.

    Examples:
        >>> lab_f(np.array([0, 0.125, 1])).round(3).tolist()
        [0.138, 0.5, 1.0]
    """
    return np.where(t > F_THRESHOLD, np.cbrt(t), 7.787 * t + 16 / 116)


def lab_f_inverse(f: FloatArray) -> FloatArray:
    """Inverse of :func:`lab_f`.

    Examples:
        >>> lab_f_inverse(np.array([0.5, 1])).tolist()
        [0.125, 1.0]
    """
    return np.where(f > F_INVERSE_THRESHOLD, f**3, (f - 16 / 116) / 7.787)


def srgb_to_lab(rgb: FloatArray) -> FloatArray:
    """SRGB ``[..., 3]`` in 0..1 -> Lab ``[..., 3]`` (CIE 15:2004, eq. 8.3 to 8.5).

    Examples:
        >>> srgb_to_lab(np.array([1.0, 0, 0])).round(1).tolist()  # red
        [53.2, 80.1, 67.2]
    """
    f = lab_f(srgb_to_linear(rgb) @ (RGB_TO_XYZ.T / WHITE))
    return np.stack([116 * f[..., 1] - 16, 500 * (f[..., 0] - f[..., 1]), 200 * (f[..., 1] - f[..., 2])], axis=-1)


def lab_to_linear(lab: FloatArray) -> FloatArray:
    """Lab ``[..., 3]`` -> linear sRGB ``[..., 3]``; outside 0..1 where the colour is out of gamut.

    Examples:
        >>> bool((lab_to_linear(np.array([50.0, 120, 0])) < 0).any())  # no screen shows that
        True
    """
    fy = (lab[..., 0] + 16) / 116
    f = np.stack([fy + lab[..., 1] / 500, fy, fy - lab[..., 2] / 200], axis=-1)
    return np.asarray((lab_f_inverse(f) * WHITE) @ XYZ_TO_RGB.T)


def lab_to_srgb(lab: FloatArray) -> FloatArray:
    """Lab ``[..., 3]`` -> sRGB ``[..., 3]``, not clipped: see :mod:`.gamut` for what lies outside 0..1.

    Examples:
        >>> lab_to_srgb(srgb_to_lab(np.array([0.2, 0.4, 0.6]))).round(3).tolist()
        [0.2, 0.4, 0.6]
    """
    return linear_to_srgb(lab_to_linear(lab))


def srgb_to_lightness(gray: FloatArray) -> FloatArray:
    """L* (0..100) of the neutral sRGB value ``gray`` in 0..1, any shape.

    Examples:
        >>> srgb_to_lightness(np.array([0, 0.5, 1])).round(1).tolist()
        [0.0, 53.4, 100.0]
    """
    return 116 * lab_f(srgb_to_linear(gray)) - 16


def lightness_to_srgb(L: FloatArray) -> FloatArray:
    """Neutral sRGB value (0..1) whose lightness is ``L`` (0..100); inverse of :func:`srgb_to_lightness`.

    Examples:
        >>> lightness_to_srgb(srgb_to_lightness(np.array([0.25, 0.5]))).round(3).tolist()
        [0.25, 0.5]
    """
    return linear_to_srgb(lab_f_inverse((L + 16) / 116))
