"""Colorless: rich colours that came out grey, and how much of a rich colour is left."""

from __future__ import annotations

import torch
from torch import Tensor

from .base import Array, Family, FamilyMetric, Figure, Pair, Record, chroma_of, column, columns, number, ratio_of_means
from .protocol import PROTOCOL


def colorless_share(chroma: Tensor, real_chroma: Tensor) -> Tensor:
    """Share of the area whose real chroma is over 25 and the predicted one under 10.

    ``[...,H,W]`` twice, CIELAB units -> ``[...]``, percent of the whole area, lower is better (METHODS 17).

    Examples:
        >>> import torch
        >>> float(colorless_share(chroma=torch.tensor([[3.0, 20.0]]), real_chroma=torch.tensor([[40.0, 40.0]])))
        50.0
    """
    lost = (real_chroma > PROTOCOL.rich_chroma) & (chroma < PROTOCOL.colorless_chroma)
    return 100 * lost.float().mean((-2, -1))


def rich_sums(chroma: Tensor, real_chroma: Tensor) -> Tensor:
    """Where the real chroma is over 25: the share of the area, and what both chromas add up to over the whole area.

    ``[H,W]`` twice -> ``[3]`` float64: mean over the whole area of 1, own and real chroma where it is rich, 0
    elsewhere. Ratios of their means over pictures are means over all rich pixels (of pictures weighted alike).
    """
    rich = (real_chroma > PROTOCOL.rich_chroma).double()
    return torch.stack([rich.mean(), (rich * chroma).mean(), (rich * real_chroma).mean()])


def _measure(pair: Pair) -> Record:
    own, real = chroma_of(pair.common.prediction_lab), chroma_of(pair.common.truth_lab)
    return {
        "colorless": number(colorless_share(own, real)),
        "rich_sums": rich_sums(own, real).cpu().numpy(),
    }


def _own_where_rich(means: Array) -> Array:
    return ratio_of_means(means[..., [1, 0]])


def _real_where_rich(means: Array) -> Array:
    return ratio_of_means(means[..., [2, 0]])


FAMILY = Family(
    "colorless",
    (
        Figure(
            "colorless",
            "colorless %",
            "lower",
            "Share of the whole area, at a shorter side of 256, whose real chroma is over 25 and ours under 10: "
            "colour that is missing. Mean over pictures.",
            column("colorless"),
            ranks_pictures=True,
        ),
        Figure(
            "rich_chroma",
            "chroma where rich",
            "real",
            "Mean own chroma, CIELAB units, over the area whose real chroma is over 25. Read it beside the real one.",
            columns("rich_sums"),
            _own_where_rich,
            width=3,
            digits=1,
        ),
        Figure(
            "real_rich_chroma",
            "real chroma there",
            "none",
            "Mean real chroma, CIELAB units, over the area where it is over 25: what the figure before should be.",
            columns("rich_sums"),
            _real_where_rich,
            width=3,
            digits=1,
        ),
    ),
    _measure,
)


class Colorless(FamilyMetric):
    """Colour that is missing as a torchmetrics metric."""

    family = FAMILY
