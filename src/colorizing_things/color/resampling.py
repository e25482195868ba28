"""Bicubic enlargement of small fields to a picture's size."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from colorizing_things.types import Float32, FloatArray


def bicubic_taps(small: int, large: int) -> tuple[npt.NDArray[np.intp], Float32]:
    """Which four of ``small`` samples make each of ``large``, and their weights: both ``[large, 4]``.

    Bicubic (Catmull-Rom), pixel centres aligned, edges held; weights sum to 1. Shrinking is allowed but does
    not average: a field larger than the picture is rare.

    Examples:
        >>> taps, weights = bicubic_taps(4, 8)
        >>> taps.shape, weights.sum(1).tolist() == [1.0] * 8
        ((8, 4), True)
    """
    center = (np.arange(large) + 0.5) * small / large - 0.5
    taps = np.floor(center).astype(np.intp)[:, None] + np.arange(-1, 3)
    distance = np.abs(center[:, None] - taps)
    near = 1.5 * distance**3 - 2.5 * distance**2 + 1
    far = -0.5 * distance**3 + 2.5 * distance**2 - 4 * distance + 2
    return np.clip(taps, 0, small - 1), np.where(distance <= 1, near, far).astype(np.float32)


def bicubic_matrix(small: int, large: int) -> Float32:
    """:func:`bicubic_taps` as one matrix ``[large, small]``.

    Examples:
        >>> bicubic_matrix(4, 4).tolist() == np.eye(4).tolist()  # nothing to enlarge
        True
    """
    taps, weights = bicubic_taps(small, large)
    matrix = np.zeros((large, small), np.float32)
    np.add.at(matrix, (np.arange(large)[:, None], taps), weights)
    return matrix


def enlarge(field: FloatArray, height: int, width: int) -> Float32:
    """Bicubic enlargement of ``[..., h, w]`` to ``[..., height, width]``; the whole of it, for small sizes.

    Examples:
        >>> enlarge(np.full((2, 3, 4), 7.0), 6, 8).shape
        (2, 6, 8)
    """
    rows, columns = bicubic_matrix(field.shape[-2], height), bicubic_matrix(field.shape[-1], width)
    return np.asarray(rows @ field.astype(np.float32) @ columns.T, np.float32)
