"""Error beside strong edges: whether colour ends where things end."""

from __future__ import annotations

import torch
from torch import Tensor

from .base import Array, Family, FamilyMetric, Figure, Pair, Record, chroma_of, columns, percent_beside, ratio_of_means
from .bleeding import near_edges

SIZE = 3  # sum of own errors, of grey's, pixels


def edge_sums(distance: Tensor, real_lab: Tensor) -> Tensor:
    """Within 3 px of strong edges: sum of the ab errors, sum of grey's (the real chroma), and pixels.

    Distance ``[H,W]`` and Lab ``[3,H,W]`` at a shorter side of 256 -> ``[3]`` float64. Edges: :func:`.near_edges`.
    """
    near = near_edges(real_lab[0])
    return torch.stack([distance[near].double().sum(), chroma_of(real_lab)[near].double().sum(), near.sum().double()])


def _measure(pair: Pair) -> Record:
    return {"edge_sums": edge_sums(pair.common.ab_distance, pair.common.truth_lab).cpu().numpy()}


def _error(means: Array) -> Array:
    return ratio_of_means(means[..., [0, 2]])


FAMILY = Family(
    "edges",
    (
        Figure(
            "edge_error",
            "error at edges",
            "lower",
            "Mean ab error, CIELAB units, within 3 px of strong lightness edges at a shorter side of 256, pooled over "
            "all such pixels.",
            columns("edge_sums"),
            _error,
            width=SIZE,
        ),
        Figure(
            "edge_error_beside_grey",
            "error at edges beside grey's %",
            "lower",
            "How far that lies above (+) or below (-) the black-and-white photograph's, in percent of it.",
            columns("edge_sums"),
            percent_beside,
            width=SIZE,
            digits=1,
        ),
    ),
    _measure,
)


class EdgeError(FamilyMetric):
    """Error beside strong edges as a torchmetrics metric."""

    family = FAMILY
