"""A hinted thing known again where its motion could not be followed: after it was gone, hidden, or too quick."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from colorizing_things.guidance.reference import directions
from colorizing_things.model.seen import SeenPicture
from colorizing_things.types import FloatArray

ALIKE = 0.7  # cosine of what two places show; of made films: at least .77 on the thing, at most .5 where it was not
OWN = 0.5  # chance of belonging to the thing


@dataclass(frozen=True)
class Sight:
    """A frame as the network saw it when a hint was given in it.

    Attributes:
        shows: what its cells show, unit vectors ``[C,n]``.
        cell: the one that was hinted.
        own: which belong to the same thing, ``[n]``.
    """

    shows: FloatArray
    cell: int
    own: FloatArray

    def found_in(self, seen: SeenPicture) -> tuple[int, int] | None:
        """Row and column of another frame's lightness where the hinted place is; None: it is not in sight.

        It is where a cell is most like the hinted one, and itself most like one of the same thing.
        """
        cells = directions(seen.reference_features)
        rows, columns = cells.shape[1:]
        alike = self.shows.T @ cells.reshape(len(cells), -1)
        likeness = np.where(self.own[alike.argmax(0)], alike[self.cell], -1)
        best = int(likeness.argmax())
        if likeness[best] < ALIKE:
            return None
        height, width = seen.L.shape
        row, column = ((at + 0.5) / count for at, count in zip(divmod(best, columns), (rows, columns), strict=True))
        return min(int(row * height), height - 1), min(int(column * width), width - 1)


def sight_of(seen: SeenPicture, row: int, column: int) -> Sight:
    """A frame in which a place of its lightness is hinted."""
    cells = directions(seen.reference_features)
    rows, columns = cells.shape[1:]
    own = np.zeros((rows, columns), bool)
    if seen.card.can("reach"):
        own = cv2.resize(seen.belonging(row, column), (columns, rows), interpolation=cv2.INTER_AREA) > OWN
    cell = row * rows // seen.L.shape[0], column * columns // seen.L.shape[1]
    own[cell] = True
    return Sight(cells.reshape(len(cells), -1), cell[0] * columns + cell[1], own.ravel())
