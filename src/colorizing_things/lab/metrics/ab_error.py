"""Error in the ab plane of CIELAB: what is wrong with the colour, lightness aside."""

from __future__ import annotations

from torch import Tensor

from .base import Family, FamilyMetric, Figure, Pair, Record, column, number


def mean_ab_error(distance: Tensor) -> Tensor:
    """Mean Euclidean ab distance, ``[...,H,W]`` -> ``[...]``: 0 or more, CIELAB units, lower is better.

    Examples:
        >>> import torch
        >>> float(mean_ab_error(torch.tensor([[3.0, 5.0]])))
        4.0
    """
    return distance.mean((-2, -1))


def median_ab_error(distance: Tensor) -> Tensor:
    """Median over the picture's pixels of the ab distance, ``[...,H,W]`` -> ``[...]``: lower is better.

    The lower of the two middle values where the number of pixels is even. One badly wrong region does not
    move it.

    Examples:
        >>> import torch
        >>> float(median_ab_error(torch.tensor([[1.0, 2.0, 90.0]])))
        2.0
    """
    return distance.flatten(-2).median(-1).values


def _measure(pair: Pair) -> Record:
    return {
        "ab_error": number(mean_ab_error(pair.ab_distance)),
        "ab_error_median": number(median_ab_error(pair.ab_distance)),
    }


FAMILY = Family(
    "ab_error",
    (
        Figure(
            "ab_error",
            "ab error",
            "lower",
            "Mean Euclidean distance in ab, CIELAB units; mean over a picture's pixels, then over pictures.",
            column("ab_error"),
            ranks_pictures=True,
        ),
        Figure(
            "ab_error_median",
            "median ab error",
            "lower",
            "Median over a picture's pixels of the distance in ab, CIELAB units, mean over pictures.",
            column("ab_error_median"),
        ),
    ),
    _measure,
)


class AbError(FamilyMetric):
    """Mean and median ab error as a torchmetrics metric."""

    family = FAMILY
