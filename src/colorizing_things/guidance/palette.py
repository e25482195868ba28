"""Likely colours of one place, from the network's own distribution over the ab bins."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from colorizing_things.color.gamut import pull_into_gamut
from colorizing_things.color.spaces import lab_to_srgb
from colorizing_things.model.hint_field import HintField
from colorizing_things.model.predictor import Predictor
from colorizing_things.types import Float32, FloatArray

MIN_AB_DISTANCE = 18.0  # ab units between two colours that are worth offering both
NEIGHBOURS = 1  # cells around the place that are heard too


@dataclass(frozen=True)
class Swatch:
    """One likely colour: ``hex`` at the place's own lightness, ``ab`` in CIELAB units, ``probability`` 0..1."""

    hex: str
    ab: tuple[float, float]
    probability: float


def distribution(logits: Float32, row: int, column: int) -> FloatArray:
    """Probability of each bin around a cell of ``logits`` [Q,h,w]: ``[Q]``, its sum 1."""
    rows = slice(max(0, row - NEIGHBOURS), row + NEIGHBOURS + 1)
    columns = slice(max(0, column - NEIGHBOURS), column + NEIGHBOURS + 1)
    around = logits[:, rows, columns].reshape(len(logits), -1).astype(np.float64)
    share = np.exp(around - around.max(0))
    return (share / share.sum(0)).mean(1)


def likely(predictor: Predictor, row: int, column: int, hints: HintField | None, count: int) -> list[Swatch]:
    """Colours that the place may well have, likeliest first, each the mean of the bins near it.

    Args:
        predictor: with its picture set.
        row, column: of the lightness that it sees.
        hints: given so far.
        count: at most so many.

    Raises:
        SettingError: a model without a distribution over colours.
    """
    predictor.need("logits", what="gives no distribution over colours")
    logits = predictor.answer(("logits",), hints)["logits"]
    step = predictor.card.output_stride
    share = distribution(logits, min(row // step, logits.shape[1] - 1), min(column // step, logits.shape[2] - 1))
    bins = np.array(predictor.card.bins)
    lightness = float(predictor.lightness[row, column])
    swatches: list[Swatch] = []
    while len(swatches) < count and share.max() > 1e-4:
        near = np.linalg.norm(bins - bins[share.argmax()], axis=1) < MIN_AB_DISTANCE
        probability = float(share[near].sum())
        a, b = np.average(bins[near], axis=0, weights=share[near])
        swatches.append(Swatch(_hex(lightness, a, b), (float(a), float(b)), probability))
        share = np.where(near, 0, share)
    return sorted(swatches, key=lambda swatch: -swatch.probability)


def _hex(L: float, a: float, b: float) -> str:
    inside_a, inside_b = pull_into_gamut(np.array([L]), np.array([a]), np.array([b]))
    rgb = lab_to_srgb(np.array([[L, inside_a[0], inside_b[0]]]))[0]
    return "#" + bytes((rgb.clip(0, 1) * 255).round().astype(np.uint8)).hex()
