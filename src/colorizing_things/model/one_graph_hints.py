"""What hints do beyond their places, for a network whose own graph leaves that open: those of one file.

To be deleted with the last such default; a network of two graphs takes hints as inputs and needs nothing of this.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from colorizing_things.color.resampling import enlarge
from colorizing_things.types import Float32

from .hint_field import HintField

REACH = 0.1  # of the shorter side: how far a correction goes
LIGHTNESS_TOLERANCE = 8.0  # L* units: how much lightness may differ for it to go there
UNRELATED, RELATED = -0.2, 0.4  # cosines of features from which a hint begins to say something, and says all
MOST_SPREADING = 256  # cells whose correction is spread; of a large painted area as many, evenly chosen


def spread(ab: Float32, hints: HintField, L: Float32, without_sure: Mapping[str, Float32]) -> Float32:
    """Keep sure hints to what they speak of, and to their word.

    Args:
        ab: the network's answer to ``hints``, ``[2,h,w]`` in CIELAB units.
        hints: at the size of ``L``, some of full trust.
        L: the lightness that it saw, 0..100, ``[H,W]``.
        without_sure: its answer (``ab``, and ``features`` if it gives them) to the hints of less than full trust alone.

    Returns:
        The corrected ab.
    """
    if "features" in without_sure:
        share = enlarge(feature_similarity(without_sure["features"], hints), *ab.shape[1:]).clip(0, 1)
        ab = without_sure["ab"] + share * (ab - without_sure["ab"])
    return enforce_hints(ab, hints, L)


def enforce_hints(ab: Float32, hints: HintField, L: Float32) -> Float32:
    """Make sure hints keep their word: what the network missed by is made good, there and where it looks alike nearby.

    A network trained with hints follows them, but not to the unit, and least where it thinks it knows better. The
    rest of the way is a correction that fades with distance and with difference in lightness (a bilateral kernel:
    Tomasi & Manduchi 1998), so that it ends at edges. Only hints of full trust are so forced.

    Args:
        ab: the network's answer, ``[2,h,w]`` in CIELAB units.
        hints: at the size of ``L``.
        L: the lightness that it saw, 0..100, ``[H,W]``, a multiple of the answer's size.

    Returns:
        The corrected ab.
    """
    step = L.shape[0] // ab.shape[1]

    def cells(field: Float32) -> Float32:
        return field.reshape(*field.shape[:-2], ab.shape[1], step, ab.shape[2], step)

    sure = np.asarray(hints.mask >= 1, np.float32)
    count = cells(sure).sum((-3, -1))
    rows, columns = np.nonzero(count)
    if not len(rows):
        return ab
    wanted = cells(hints.ab * sure).sum((-3, -1))[:, rows, columns] / count[rows, columns]
    missed = wanted - ab[:, rows, columns]
    lightness = cells(L).mean((-3, -1))
    chosen = np.linspace(0, len(rows) - 1, min(len(rows), MOST_SPREADING)).round().astype(int)
    reach = REACH * min(ab.shape[1:])
    y, x = np.indices(ab.shape[1:], np.float32)
    total, weight = np.zeros_like(ab), np.zeros(ab.shape[1:], np.float32)
    for n in chosen:
        row, column = rows[n], columns[n]
        distance = ((y - row) ** 2 + (x - column) ** 2) / reach**2
        alike = (lightness - lightness[row, column]) ** 2 / LIGHTNESS_TOLERANCE**2
        share = np.exp(-0.5 * (distance + alike))
        total += share * missed[:, n, None, None]
        weight += share
    corrected = ab + total / np.maximum(weight, 1)
    corrected[:, rows, columns] = wanted
    return np.asarray(corrected, np.float32)


def feature_similarity(features: Float32, hints: HintField) -> Float32:
    """How far each place is of a kind with any hinted one, 0..1: its own object and others like it, not the picture.

    A network learns that one colour says something about all others, and would tint the wall with the coat. Here a
    hint goes only where the network's own features say the same thing is shown.

    Args:
        features: of the picture without hints, ``[C,h,w]``.
        hints: at the size that the network sees.

    Returns:
        ``[h,w]``.
    """
    centered = features - features.mean((1, 2), keepdims=True)
    unit = centered / np.maximum(np.linalg.norm(centered, axis=0), 1e-6)
    rows, columns = np.nonzero(hints.mask >= 1)
    chosen = np.linspace(0, len(rows) - 1, min(len(rows), MOST_SPREADING)).round().astype(int)
    at = (rows[chosen] * unit.shape[1] // hints.mask.shape[0], columns[chosen] * unit.shape[2] // hints.mask.shape[1])
    likeness = np.einsum("cn,chw->nhw", unit[:, at[0], at[1]], unit).max(0)
    return np.asarray(np.clip((likeness - UNRELATED) / (RELATED - UNRELATED), 0, 1), np.float32)
