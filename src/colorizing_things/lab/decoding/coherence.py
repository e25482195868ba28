"""One thing, one colour: a sleeve that is not half red and half grey."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

# How far apart two places may be and still speak for each other; chosen on dev and by eye (docs/experiments.md).
COSINE_TEMPERATURE = 0.2  # of the network's features
LIGHTNESS_SIGMA = 8.0  # L units
DISTANCE_SIGMA = 3.0  # cells of the features
ITERATIONS = 3  # a colour goes so many times as far, but not across what differs
MAX_SIDE = 64  # cells a side: every place is compared with every other, and memory grows with the fourth power


def coherent(fields: Tensor, features: Tensor, L: Tensor) -> Tensor:
    """Let the places that show the same thing agree, by what the network answers at each.

    A bilateral mean (Tomasi and Manduchi 1998), repeated, in place, lightness and the network's features: place j
    counts for place i as softmax_j(cos(f_i, f_j) / t - |L_i - L_j|^2 / 2 s^2 - |i - j|^2 / 2 d^2), t, s and d
    the constants above, f centred over the picture. Detail finer than the features' grid stays as it is.

    Args:
        fields: what the network answers, ``[N,C,2h,2w]``.
        features: of what each place shows, ``[N,D,h,w]``.
        L: lightness 0..100, ``[N,1,8h,8w]``.

    Returns:
        ``[N,C,2h,2w]``.
    """
    grid = [torch.sym_min(side, MAX_SIDE) for side in features.shape[-2:]]
    coarse = _resized(F.avg_pool2d(fields, 2), grid)
    weights = torch.softmax(_affinity(_resized(features.float(), grid), _resized(F.avg_pool2d(L, 8), grid)), dim=2)
    averaged = coarse.flatten(2)
    for _ in range(ITERATIONS):
        averaged = averaged @ weights.transpose(1, 2)
    return fields + _resized(averaged.view_as(coarse) - coarse, fields.shape[-2:])


def _resized(x: Tensor, size: Sequence[int]) -> Tensor:
    return F.interpolate(x, size=tuple(size), mode="bilinear", align_corners=False)


def _affinity(features: Tensor, lightness: Tensor) -> Tensor:
    """Log weights between all places, ``[N,hw,hw]``."""
    shown = features.flatten(2)
    shown = F.normalize(shown - shown.mean(2, keepdim=True), dim=1)
    cosine = shown.transpose(1, 2) @ shown
    rows = torch.arange(features.shape[2], device=features.device).float()
    columns = torch.arange(features.shape[3], device=features.device).float()
    far = _squares(rows)[:, None, :, None] + _squares(columns)[None, :, None, :]
    places = features.shape[2] * features.shape[3]
    apart = _squares(lightness.flatten(1))
    return (
        cosine / COSINE_TEMPERATURE
        - apart / (2 * LIGHTNESS_SIGMA**2)
        - far.reshape(places, places) / (2 * DISTANCE_SIGMA**2)
    )


def _squares(values: Tensor) -> Tensor:
    """Squared differences of all pairs: ``[...,n]`` -> ``[...,n,n]``."""
    return (values[..., :, None] - values[..., None, :]).square()
