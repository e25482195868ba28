"""Chroma: a small field of colour for a picture of any size."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from colorizing_things.types import Float32

from .look import WARMTH, Look


@dataclass(frozen=True)
class Chroma:
    """A small field of colour for a picture of any size.

    ``ab`` [2,h,w] float32 in CIELAB units, covering the whole picture; ``confidence`` [h,w] in 0..1, the
    predicted chance that the ab error there is under 10, or None where the model does not say.

    Examples:
        >>> Chroma(np.zeros((2, 3, 4), np.float32)).confidence is None
        True
    """

    ab: Float32
    confidence: Float32 | None = None

    def with_look(self, look: Look) -> Chroma:
        """The same field with a look's saturation, warmth and strength.

        Examples:
            >>> field = Chroma(np.full((2, 3, 4), 20.0, np.float32))
            >>> float(field.with_look(Look(strength=0.5)).ab.max())
            10.0
        """
        if (look.saturation, look.strength, look.warmth) == (1, 1, 0):
            return self
        shift = np.array([0, WARMTH * look.warmth], np.float32)[:, None, None]
        return replace(self, ab=(self.ab * np.float32(look.saturation) + shift) * np.float32(look.strength))
