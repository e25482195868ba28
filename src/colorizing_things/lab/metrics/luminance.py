"""Whether the photograph's lightness was kept."""

from __future__ import annotations

from torch import Tensor

from .base import Family, FamilyMetric, Figure, Pair, Record, column, number


def lightness_change(first: Tensor, second: Tensor) -> Tensor:
    """Mean absolute difference in L*: Lab ``[...,3,H,W]`` twice -> ``[...]``, 0..100, lower is better.

    Rounding to 8 bits alone gives about .1.

    Examples:
        >>> import torch
        >>> first, second = torch.full((3, 4, 4), 50.0), torch.full((3, 4, 4), 52.0)
        >>> float(lightness_change(first, second))
        2.0
    """
    return (first[..., 0, :, :] - second[..., 0, :, :]).abs().mean((-2, -1))


def _measure(pair: Pair) -> Record:
    return {"lightness_change": number(lightness_change(pair.prediction_lab, pair.truth_lab))}


FAMILY = Family(
    "luminance",
    (
        Figure(
            "lightness_change",
            "ΔL",
            "lower",
            "Mean absolute change of L*, 0 to 100: whether the photograph's lightness was kept. Rounding to "
            "8 bits alone gives about .1.",
            column("lightness_change"),
        ),
    ),
    _measure,
)


class Luminance(FamilyMetric):
    """Lightness kept as a torchmetrics metric."""

    family = FAMILY
