"""Bleeding: whether colour errors gather at the edges of things."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from kornia.filters import spatial_gradient
from torch import Tensor

from .base import Array, Family, FamilyMetric, Figure, Pair, Record, Rows
from .protocol import PROTOCOL

SIZE = 4  # error sum and pixel count near edges, then elsewhere


def near_edges(L: Tensor) -> Tensor:
    """Where strong lightness edges are near: L* ``[H,W]`` -> bool ``[H,W]``.

    Strong: the Sobel gradient (normalised, L units a pixel) is 12 or more, which a step of 24 gives. Near:
    within 3 pixels in both directions. Both are meant at a shorter side of 256 and scaled with the picture.
    """
    scale = min(L.shape) / PROTOCOL.edge_side
    gradient = torch.linalg.vector_norm(spatial_gradient(L[None, None]), dim=2) * scale
    radius = max(1, round(PROTOCOL.edge_radius * scale))
    strong = (gradient >= PROTOCOL.edge_gradient).float()
    across = F.max_pool2d(strong, (1, 2 * radius + 1), stride=1, padding=(0, radius))
    return F.max_pool2d(across, (2 * radius + 1, 1), stride=1, padding=(radius, 0))[0, 0] > 0


def bleeding_sums(distance: Tensor, L: Tensor) -> Tensor:
    """Sum of ab errors and pixel count near edges, then elsewhere: ``[H,W]`` twice -> ``[4]`` float64."""
    near = near_edges(L)
    distance = distance.double()
    return torch.stack([distance[near].sum(), near.sum().double(), distance[~near].sum(), (~near).sum().double()])


def bleeding(sums: Array) -> Array:
    """Mean ab error near strong edges over that elsewhere: sums ``[...,4]`` -> ``[...]``.

    Ours (METHODS 13). 0 or more; about 1: errors lie anywhere; above: colour spills over edges. Read it
    beside the grey floor, whose errors are the real chroma. NaN where there is no error at all.
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        return (sums[..., 0] / sums[..., 1]) / (sums[..., 2] / sums[..., 3])


def _measure(pair: Pair) -> Record:
    return {"bleeding_sums": bleeding_sums(pair.ab_distance, pair.truth_lab[0]).cpu().numpy()}


def _terms(rows: Rows) -> Array | None:
    return rows.own.get("bleeding_sums")


FAMILY = Family(
    "bleeding",
    (
        Figure(
            "bleeding",
            "bleeding",
            "lower",
            "Mean ab error within 3 px (at 256) of strong lightness edges divided by that elsewhere, pooled "
            "over all pixels. About 1: errors lie anywhere; above: colour spills over edges. Read it beside "
            "the grey floor.",
            _terms,
            bleeding,
            width=SIZE,
        ),
    ),
    _measure,
)


class Bleeding(FamilyMetric):
    """Bleeding as a torchmetrics metric."""

    family = FAMILY
