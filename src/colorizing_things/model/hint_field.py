"""HintField: hints at the size that the network sees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from colorizing_things.types import Float32, FloatArray


@dataclass(frozen=True)
class HintField:
    """Hints at the size that the network sees: ``ab`` [2,h,w] in CIELAB units, ``mask`` [h,w], 0 none to 1 sure."""

    ab: Float32
    mask: Float32

    @classmethod
    def none(cls, height: int, width: int) -> HintField:
        """No hint anywhere."""
        return cls(np.zeros((2, height, width), np.float32), np.zeros((height, width), np.float32))

    def with_patch(
        self, row: int, column: int, size: int, ab: Sequence[float] | FloatArray, trust: float = 1.0
    ) -> HintField:
        """Another hint: a square of ``size`` px around a place, where the field ends cut off; it wins over others."""
        field, mask = self.ab.copy(), self.mask.copy()
        top, left = max(0, row - size // 2), max(0, column - size // 2)
        rows, columns = slice(top, row - size // 2 + size), slice(left, column - size // 2 + size)
        field[:, rows, columns] = np.asarray(ab, np.float32)[:, None, None]
        mask[rows, columns] = trust
        return HintField(field, mask)

    @property
    def doubtful(self) -> HintField:
        """The hints of less than full trust alone."""
        return HintField(self.ab, np.where(self.mask < 1, self.mask, 0))

    def over(self, other: HintField) -> HintField:
        """These hints, and the other's where these have none."""
        own = self.mask > 0
        return HintField(np.where(own, self.ab, other.ab), np.where(own, self.mask, other.mask))
