"""Reach: how far a hint's colour goes. A spot, the thing that it points at and nothing else, or all that is like it.

A network that was shown a hint and nothing else takes it for news of the whole picture. So what a hint does not reach
is told to it too: there the colours stay as they were, known places like the hint itself. Which places belong to the
thing is the network's own opinion (:meth:`.SeenPicture.belonging`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from colorizing_things.color.chroma import Chroma
from colorizing_things.model.hint_field import HintField
from colorizing_things.model.seen import SeenPicture
from colorizing_things.types import Float32

from .hints import POINT, Reach

SURELY_OUTSIDE, SURELY_INSIDE = 0.6, 0.8  # chance of belonging to the thing; between them the network decides
SPOT = 1 / 12  # of the shorter side: radius of a spot


@dataclass(frozen=True)
class PlacedHint:
    """A hint as the network sees it: ``row`` and ``column`` of its lightness, CIELAB's ``ab``, and how far it goes."""

    row: int
    column: int
    ab: tuple[float, float]
    reach: Reach


def within_reach(seen: SeenPicture, shown: Chroma, hints: Sequence[PlacedHint]) -> HintField:
    """Known places that give each hint's colour to what it reaches, and keep what none reaches as it is shown.

    Args:
        seen: the picture.
        shown: its colours without these hints.
        hints: spots and objects; where two reach, the surer one has it.

    Returns:
        Hints for :meth:`.SeenPicture.decode`, of the size of its lightness.
    """
    size = seen.L.shape
    chances = np.stack([_chance(seen, hint) for hint in hints])
    chance, surest = (_enlarged(cells, size) for cells in (chances.max(0), chances.argmax(0)))
    asked = np.array([hint.ab for hint in hints], np.float32)[surest].transpose(2, 0, 1)
    known = np.where(chance > SURELY_INSIDE, asked, _enlarged(shown.ab, size))
    sure = ((chance < SURELY_OUTSIDE) | (chance > SURELY_INSIDE)).astype(np.float32)
    field = HintField(known * sure, sure)
    for hint in hints:
        field = field.with_patch(hint.row, hint.column, POINT, hint.ab)
    return field


def _chance(seen: SeenPicture, hint: PlacedHint) -> Float32:
    """That each place is reached, 0..1, ``[h,w]`` cells."""
    belonging = seen.belonging(hint.row, hint.column)
    if hint.reach == "object":
        return belonging
    rows, columns = (np.arange(cells) + 0.5 for cells in belonging.shape)
    height, width = seen.L.shape
    down, across = rows * height / len(rows) - hint.row, columns * width / len(columns) - hint.column
    near = np.hypot(down[:, None], across[None]) < SPOT * min(height, width)
    reach: Float32 = belonging * near
    return reach


def _enlarged(field: Any, size: tuple[int, ...]) -> Any:
    """Cells ``[...,h,w]``, of which the last row and column may lie half outside, repeated up to ``size``."""
    for axis, side in ((-2, size[0]), (-1, size[1])):
        count = field.shape[axis]
        field = np.repeat(field, -(-side // count), axis).take(np.arange(side), axis)
    return field
