"""Whether a model's confidence means what it says."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from .base import Array, Family, FamilyMetric, Figure, Pair, Record, Rows
from .protocol import PROTOCOL

BINS = PROTOCOL.calibration_bins


def calibration_sums(confidence: Tensor, distance: Tensor) -> Tensor:
    """Pixels by confidence: ``[H,W]`` twice -> ``[3, BINS]`` float64: count, sum of confidence, number right.

    A pixel is right where its ab error is under 10. Bins are equally wide over 0..1.
    """
    confidence = confidence.flatten().double().clamp(0, 1)
    right = (distance.flatten() < PROTOCOL.confident_error).double()
    index = (confidence * BINS).long().clamp_max(BINS - 1)
    return torch.stack([torch.bincount(index, weight, BINS).double() for weight in (None, confidence, right)])


def calibration_error(sums: Array) -> Array:
    """Expected calibration error, 0..1, lower is better: sums ``[..., 3, BINS]`` -> ``[...]``.

    Mean over pixels of |mean confidence - share right| of the pixel's bin (Guo et al. 2017, with 15 bins).
    """
    count, confidence, right = np.moveaxis(sums, -2, 0)
    error: Array = np.abs(confidence - right).sum(-1) / count.sum(-1)
    return error


def calibration_curve(sums: Array) -> tuple[Array, Array, Array]:
    """The plot: mean confidence, share right and share of pixels of every bin that holds any."""
    count, confidence, right = sums
    used = count > 0
    return confidence[used] / count[used], right[used] / count[used], count[used] / count.sum()


def _measure(pair: Pair) -> Record:
    if pair.confidence is None:
        return {}
    return {"calibration_sums": calibration_sums(pair.confidence, pair.ab_distance).cpu().numpy()}


def _terms(rows: Rows) -> Array | None:
    return rows.own.get("calibration_sums")


def _combine(means: Array) -> Array:
    return calibration_error(means.reshape(*means.shape[:-1], 3, BINS))


FAMILY = Family(
    "confidence",
    (
        Figure(
            "calibration_error",
            "ECE",
            "lower",
            "Expected calibration error of the model's confidence that the ab error at a pixel is under 10: "
            "15 equal bins, 0 to 1 (Guo et al. 2017). Only for models that say how sure they are.",
            _terms,
            _combine,
            width=3 * BINS,
            digits=3,
            absent="the candidate states no confidence",
        ),
    ),
    _measure,
)


class Calibration(FamilyMetric):
    """Calibration of the confidence as a torchmetrics metric."""

    family = FAMILY
