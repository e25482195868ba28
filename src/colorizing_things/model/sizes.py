"""Sizes: at which a network sees a picture, and what its strides make of that. The one place that divides by them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from colorizing_things.types import Float32

from .card import Card

LONGEST = 4  # times the shorter side: longer panoramas are seen smaller
MOST_PIXELS = 640_000  # before a network, 800 x 800: its attention's memory grows with their square
KEPT_PIXELS = 2**17  # before a network: the memory that a larger picture took is given back at once


def network_size(card: Card, width: int, height: int, size: int | None = None) -> tuple[int, int]:
    """(width, height) at which a network sees a picture: same shape, multiples of its output's stride.

    Never more than :data:`MOST_PIXELS`, but for what the strides add: a larger ``size`` is less, then.

    Args:
        card: the network's.
        width, height: the picture's, in pixels.
        size: the shorter side; the card's default where None.

    Examples:
        >>> from colorizing_things import Model
        >>> network_size(Model().card, 4000, 3000)
        (298, 224)
    """
    step = card.output_stride
    if card.fixed_size:  # the picture lies in the corner of its square
        scale = card.fixed_size / max(width, height)
        return tuple(max(step, int(side * scale / step + 1e-6) * step) for side in (width, height))  # type: ignore[return-value]
    shorter = size or card.default_size
    scale = min(shorter / min(width, height), LONGEST * shorter / max(width, height))
    scale = min(scale, math.sqrt(MOST_PIXELS / (width * height)))
    return tuple(max(step, round(side * scale / step) * step) for side in (width, height))  # type: ignore[return-value]


@dataclass(frozen=True)
class Frame:
    """A picture within the size that a network can take: the picture lies in the upper left corner.

    Attributes:
        height, width: of the lightness that is seen.
        padded_height, padded_width: the same, up to the next multiples of the network's stride or to its fixed size.
    """

    height: int
    width: int
    padded_height: int
    padded_width: int

    @classmethod
    def of(cls, card: Card, height: int, width: int) -> Frame:
        """Around a picture of that size."""
        padded = (card.fixed_size or -(-side // card.stride) * card.stride for side in (height, width))
        return cls(height, width, *padded)

    @property
    def is_usual(self) -> bool:
        """Whether it is so small that a network may keep the memory that it takes."""
        return self.padded_height * self.padded_width <= KEPT_PIXELS

    def pad(self, field: Float32, mode: Literal["symmetric", "constant"] = "constant") -> Float32:
        """A field ``[..., height, width]`` of the picture as the network takes it: ``[..., padded sides]``."""
        beyond = [(0, 0)] * (field.ndim - 2)
        sides = [(0, self.padded_height - self.height), (0, self.padded_width - self.width)]
        return np.pad(field, [*beyond, *sides], mode=mode)

    def cells(self, stride: int) -> tuple[int, int]:
        """Rows and columns of a field of that stride over the padded picture."""
        return -(-self.padded_height // stride), -(-self.padded_width // stride)

    def cut(self, field: Float32) -> Float32:
        """What belongs to the picture of a field ``[C,h,w]`` over the padded one, a cell that is half in it too.

        Anything that is no field is left as it is.
        """
        if field.ndim != 3:
            return field
        rows = -(-self.height * field.shape[1] // self.padded_height)
        columns = -(-self.width * field.shape[2] // self.padded_width)
        return field[:, :rows, :columns]
