"""The worst of a picture: the 95th percentile of its ab error, which agrees best with what people score.

On HECD (1,320 recolourings scored by people) it correlates .48 with them within a scene, the mean error .35
(METHODS 17): one bad patch decides.
"""

from __future__ import annotations

import torch
from torch import Tensor

from .ab_error import mean_ab_error
from .base import Family, FamilyMetric, Figure, Pair, Record, chroma_of, column, columns, number, percent_beside

SHARE = 0.95


def p95(distance: Tensor) -> Tensor:
    """95th percentile over the pixels of the ab distance: ``[...,H,W]`` -> ``[...]``, CIELAB units, lower is better.

    Linear between the two nearest ranks, as numpy's.

    Examples:
        >>> float(p95(torch.arange(101.0)[None]))
        95.0
    """
    return torch.quantile(distance.flatten(-2), SHARE, dim=-1)


def _measure(pair: Pair) -> Record:
    common = pair.common
    return {
        "ab_error_256": number(mean_ab_error(common.ab_distance)),
        "p95": number(p95(common.ab_distance)),
        "p95_of_grey": number(p95(chroma_of(common.truth_lab))),  # no colour is wrong by the real chroma
    }


FAMILY = Family(
    "p95",
    (
        Figure(
            "ab_error_256",
            "ab error at 256",
            "lower",
            "Mean Euclidean distance in ab, CIELAB units, at a shorter side of 256; mean over a picture's pixels, "
            "then over pictures.",
            column("ab_error_256"),
        ),
        Figure(
            "p95",
            "p95",
            "lower",
            "95th percentile of the ab error in a picture, CIELAB units, at a shorter side of 256, mean over "
            "pictures: of the plain figures the one that agrees best with what people score.",
            column("p95"),
            ranks_pictures=True,
        ),
        Figure(
            "p95_beside_grey",
            "p95 beside grey's %",
            "lower",
            "How far p95 lies above (+) or below (-) that of the black-and-white photograph, in percent of it.",
            columns("p95", "p95_of_grey"),
            percent_beside,
            width=2,
            digits=1,
        ),
    ),
    _measure,
)


class P95(FamilyMetric):
    """Mean and 95th percentile of the ab error at 256 as a torchmetrics metric."""

    family = FAMILY
