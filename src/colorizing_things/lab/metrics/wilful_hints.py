"""Wilful hints: whether a hint of another colour colours its object, the whole of it, and nothing else.

The pair is not a prediction and the truth, but one picture without and with the hint; :mod:`..outlines` makes it.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from .base import Array, Figure, columns, percent_of_means

Mask = npt.NDArray[np.bool_]
COUNTS = (1, 3)  # hints given
SIZE = 2 * len(COUNTS) + 1  # sums over a picture's objects: containment and coverage of each count; objects


def containment(change: Array, inside: Mask, counted: Mask) -> float:
    """Share of the change that lies in the object: 0..1, higher is better (METHODS 17).

    Args:
        change: ab of the result with the hint minus that without, ``[2,H,W]``, CIELAB units.
        inside: the object, ``[H,W]``.
        counted: where it is clear what belongs to the object, ``[H,W]``.

    Returns:
        Sum of the change's length inside over its sum everywhere; 0 where nothing changed.

    Examples:
        >>> change = np.array([[[6.0, 2.0]], [[0.0, 0.0]]])  # most of it in the object
        >>> containment(change, inside=np.array([[True, False]]), counted=np.array([[True, True]]))
        0.75
    """
    length = np.linalg.norm(change, axis=0)
    everywhere = float(length[counted].sum())
    return float(length[inside & counted].sum()) / everywhere if everywhere else 0.0


def coverage(change: Array, inside: Mask, counted: Mask, asked: Array) -> float:
    """Share of the object that changed by at least half of what was asked: 0..1, higher is better (METHODS 17).

    Args:
        change, inside, counted: as for :func:`containment`.
        asked: the hint's ab minus the ab that was shown at its place, ``[2]``. Change across that direction is not
            looked at, change along it is measured by its length.
    """
    length = float(np.linalg.norm(asked))
    along = np.tensordot(np.asarray(asked) / length, change, axes=1)
    return float((along[inside & counted] >= length / 2).mean())


def _figure(kind: str, count: int, column: int, meaning: str) -> Figure:
    def combine(means: Array) -> Array:
        return percent_of_means(means[..., [column, SIZE - 1]])

    hints = "one hint" if count == 1 else f"{count} hints"
    return Figure(
        f"{kind}_{count}", f"{kind}, {hints} %", "higher", meaning, columns("wilful_sums"), combine, SIZE, digits=1
    )


FIGURES = tuple(
    figure
    for n, count in enumerate(COUNTS)
    for figure in (
        _figure(
            "containment",
            count,
            2 * n,
            "Share of the change in ab that a wilful hint makes inside the outline of the object it points at, mean "
            "over objects. The hint is at least 35 ab units from what was shown; 4 px (at 256) on both sides of the "
            "outline are left out.",
        ),
        _figure(
            "coverage",
            count,
            2 * n + 1,
            "Share of the object that changed, along the asked direction, by at least half of what was asked at the "
            "hint, mean over objects.",
        ),
    )
)
