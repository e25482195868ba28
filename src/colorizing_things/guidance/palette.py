"""Likely colours of one place: from the network's own distribution over the ab bins, or from several draws."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np

from colorizing_things.color.gamut import pull_into_gamut
from colorizing_things.color.spaces import lab_to_srgb
from colorizing_things.model.hint_field import HintField
from colorizing_things.model.seen import SeenPicture
from colorizing_things.types import Float32, FloatArray

MIN_AB_DISTANCE = 18.0  # ab units between two colours that are worth offering both
NEIGHBORS = 1  # cells around the place that are heard too
DRAWS = 8  # of a network with noise: a colour that one place in eight may have is seldom missed
LEAST_SHARE = 1e-4  # less is rounding, not a colour

Colors = Iterator[tuple[tuple[float, float], float]]  # ab, probability


@dataclass(frozen=True)
class Swatch:
    """One likely colour: ``hex`` at the place's own lightness, ``ab`` in CIELAB units, ``probability`` 0..1."""

    hex: str
    ab: tuple[float, float]
    probability: float


def distribution(logits: Float32, row: int, column: int) -> FloatArray:
    """Probability of each bin around a cell of ``logits`` [Q,h,w]: ``[Q]``, its sum 1."""
    rows = slice(max(0, row - NEIGHBORS), row + NEIGHBORS + 1)
    columns = slice(max(0, column - NEIGHBORS), column + NEIGHBORS + 1)
    around = logits[:, rows, columns].reshape(len(logits), -1).astype(np.float64)
    share = np.exp(around - around.max(0))
    mean: FloatArray = (share / share.sum(0)).mean(1)
    return mean


def likely(seen: SeenPicture, row: int, column: int, hints: HintField | None, count: int) -> list[Swatch]:
    """Colours that the place may well have, likeliest first.

    Args:
        seen: the picture.
        row, column: of the lightness that was seen.
        hints: given so far.
        count: at most so many.

    Raises:
        SettingError: a model without a distribution over colours.
    """
    seen.card.require("palette")
    # The distribution of a network with noise is of what is shown alone: it does not know of hints, its draws do.
    binned = "logits" in seen.card.outputs and (hints is None or not seen.card.has_noise)
    colors = _binned(seen, row, column, hints) if binned else _sampled(seen, row, column, hints)
    lightness = float(seen.L[row, column])
    swatches = [Swatch(_hex(lightness, *ab), ab, share) for ab, share in islice(colors, count)]
    return sorted(swatches, key=lambda swatch: -swatch.probability)


def _binned(seen: SeenPicture, row: int, column: int, hints: HintField | None) -> Colors:
    """By the network's own distribution over the card's bins: the likeliest bin and those near it are one colour."""
    logits = seen.logits if hints is None else seen.run(("logits",), hints)["logits"]
    height, width = seen.L.shape  # the distribution may be coarser than the colours
    share = distribution(logits, row * logits.shape[1] // height, column * logits.shape[2] // width)
    return _grouped(np.array(seen.card.bins), share, share)


def _sampled(seen: SeenPicture, row: int, column: int, hints: HintField | None) -> Colors:
    """By draws of the whole picture at full mood: those that agree at the place are one colour."""

    def draw() -> list[Float32]:
        return [seen.decode(hints, seen.noise(number, mood=1)).ab for number in range(1, DRAWS + 1)]

    drawn = seen.once("palette", draw) if hints is None else draw()
    step = seen.card.output_stride
    points = np.array([ab[:, row // step, column // step] for ab in drawn], np.float64)
    near = np.linalg.norm(points[:, None] - points[None], axis=-1) < MIN_AB_DISTANCE
    return _grouped(points, np.full(DRAWS, 1 / DRAWS), near.sum(1).astype(np.float64))


def _grouped(points: FloatArray, share: FloatArray, rank: FloatArray) -> Colors:
    """Pull together what is nearer than ``MIN_AB_DISTANCE`` to the first in rank, then to the first of the rest, ...

    Args:
        points: ab, ``[K,2]``.
        share: of each in the whole, ``[K]``.
        rank: which is the first, ``[K]``.

    Yields:
        The mean and the share of each group.
    """
    while share.max() > LEAST_SHARE:
        near = np.linalg.norm(points - points[np.where(share > 0, rank, -1).argmax()], axis=1) < MIN_AB_DISTANCE
        a, b = np.average(points[near], axis=0, weights=share[near])
        yield (float(a), float(b)), float(share[near].sum())
        share = np.where(near, 0, share)


def _hex(L: float, a: float, b: float) -> str:
    inside_a, inside_b = pull_into_gamut(np.array([L]), np.array([a]), np.array([b]))
    rgb = lab_to_srgb(np.array([[L, inside_a[0], inside_b[0]]]))[0]
    return "#" + bytes((rgb.clip(0, 1) * 255).round().astype(np.uint8)).hex()
