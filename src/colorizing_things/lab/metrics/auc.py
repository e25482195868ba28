"""AuC: area under the cumulative curve of ab errors, raw and class-rebalanced (Zhang et al. 2016, 3.1)."""

from __future__ import annotations

from functools import cache

import numpy as np
import torch
from torch import Tensor

from colorizing_things.lab.color.ab_bins import BIN_WIDTH, ab_bins
from colorizing_things.lab.objectives.classification import rebalancing_weights, smooth_prior

from .base import Array, Family, FamilyMetric, Figure, Pair, Record, Rows, ratio_of_means
from .protocol import PROTOCOL, training_prior

LAST = PROTOCOL.auc_last_threshold
REACH = 11  # the bins' grid runs from -110 to 110 in steps of 10


def error_histogram(distance: Tensor, weight: Tensor | None = None) -> Tensor:
    """Pixels (or weight) by the first integer threshold that accepts them: ``[H,W]`` -> ``[LAST + 2]``.

    Entry t holds those with t - 1 < distance <= t; the last entry, those that no threshold accepts.
    """
    first = distance.ceil().clamp(0, LAST + 1).long().flatten()
    return torch.bincount(first, None if weight is None else weight.flatten().double(), LAST + 2).double()


def auc(histogram: Array) -> Array:
    """Area under the curve, 0..1, higher is better: error histogram ``[..., LAST + 2]`` -> ``[...]``.

    The mean, over the 151 integer thresholds t = 0..150 of ab distance, of the share of pixels (or of weight)
    within t. Pooled: add up the pictures' histograms first.
    """
    share: Array = auc_sum(histogram) / histogram.sum(-1)
    return share


def auc_sum(histogram: Array) -> Array:
    """What the pixels of a histogram add to the area, before it is divided by their number."""
    share = (LAST + 1 - np.arange(LAST + 2)) / (LAST + 1)
    return histogram @ share


def curve(histogram: Array) -> Array:
    """The cumulative curve itself, ``[LAST + 1]``: share of pixels (or of weight) within each threshold."""
    total = histogram.sum(-1, keepdims=True)
    shares: Array = (histogram.cumsum(-1) / total)[..., :-1]
    return shares


@cache
def rarity_table() -> Tensor:
    """Weight of each colour by its cell of the bins' grid, ``[23, 23]`` (a, then b).

    The inverse of the training pictures' prior, smoothed with sigma 5 (equation 4 with lambda 0). Colours of
    sRGB pictures always fall on one of the 313 bins; the other cells hold NaN, so that a mistake shows.
    """
    smoothed = smooth_prior(training_prior(), PROTOCOL.prior_sigma)
    weights = rebalancing_weights(smoothed, PROTOCOL.prior_uniform)
    table = torch.full((2 * REACH + 1, 2 * REACH + 1), torch.nan, dtype=torch.float64)
    cell = (ab_bins() / BIN_WIDTH).astype(np.int64) + REACH
    table[cell[:, 0], cell[:, 1]] = torch.from_numpy(weights)
    return table


def rarity(lab: Tensor) -> Tensor:
    """Rebalancing weight of every pixel by its nearest bin: real Lab ``[3,H,W]`` -> ``[H,W]``."""
    cell = (lab[1:] / BIN_WIDTH).round().clamp(-REACH, REACH).long() + REACH
    return rarity_table().to(lab.device)[cell[0], cell[1]]


def _measure(pair: Pair) -> Record:
    raw = error_histogram(pair.ab_distance)
    rebalanced = error_histogram(pair.ab_distance, rarity(pair.truth_lab))
    return {"error_histogram": raw.cpu().numpy(), "rare_error_histogram": rebalanced.cpu().numpy()}


def _terms(histogram: Array | None) -> Array | None:
    if histogram is None:
        return None
    return np.stack([100 * auc_sum(histogram), histogram.sum(-1)], axis=-1)


def _raw_terms(rows: Rows) -> Array | None:
    return _terms(rows.own.get("error_histogram"))


def _rebalanced_terms(rows: Rows) -> Array | None:
    return _terms(rows.own.get("rare_error_histogram"))


FAMILY = Family(
    "auc",
    (
        Figure(
            "auc",
            "AuC",
            "higher",
            "Area under the curve of the share of pixels whose ab error is within t, mean over the 151 "
            "integers t = 0..150, in percent, pooled over all pixels (Zhang et al. 2016). A perfect "
            "prediction has 100.",
            _raw_terms,
            ratio_of_means,
            width=2,
        ),
        Figure(
            "auc_rebalanced",
            "AuC rebalanced",
            "higher",
            "The same with each pixel weighted by the inverse of how common its true colour is: prior of "
            "the training pictures over 313 bins, nearest bin, smoothed with sigma 5, lambda 0 (Zhang et "
            "al. 2016, equation 4). Rewards rare, saturated colours.",
            _rebalanced_terms,
            ratio_of_means,
            width=2,
        ),
    ),
    _measure,
)


class Auc(FamilyMetric):
    """Raw and rebalanced AuC as a torchmetrics metric."""

    family = FAMILY
