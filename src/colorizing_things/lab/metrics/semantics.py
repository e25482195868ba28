"""Semantic agreement: whether a classifier sees the same thing in our colours as in the real photograph."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torchmetrics import Metric

from .base import Array, Family, Figure, Rows, ratio_of_means
from .features import features_of, probabilities
from .protocol import PROTOCOL


def agreement_terms(own: Array, real: Array) -> Array:
    """Class probabilities ``[N,C]`` of our and of the real pictures -> ``[N,2]``: agrees and counts, counts.

    A picture counts where the real one's top probability exceeds .5; it agrees where the top classes match.
    """
    counts = real.max(-1) > PROTOCOL.recognised_probability
    agrees = counts & (own.argmax(-1) == real.argmax(-1))
    return np.stack([100.0 * agrees, counts], axis=-1)


def gain_terms(own: Array, real: Array, gray: Array) -> Array:
    """Class probabilities ``[N,C]`` of ours, the real and the grey pictures -> ``[N,2]``: margin, counts.

    The margin is how much more probable (in points of percent) the real photograph's top class is in our
    colours than in grey.
    """
    counts = real.max(-1) > PROTOCOL.recognised_probability
    picture, top = np.arange(len(real)), real.argmax(-1)
    return np.stack([100.0 * counts * (own[picture, top] - gray[picture, top]), counts], axis=-1)


def _agreement(rows: Rows) -> Array:
    own, real = (probabilities(table["features"]) for table in (rows.own, rows.real))
    return agreement_terms(own, real)


def _gain(rows: Rows) -> Array:
    own, real, gray = (probabilities(table["features"]) for table in (rows.own, rows.real, rows.gray))
    return gain_terms(own, real, gray)


FAMILY = Family(
    "semantics",
    (
        Figure(
            "semantic_agreement",
            "same class %",
            "higher",
            "Share of pictures whose MobileNetV2 top class in our colours is that of the real photograph, "
            "over pictures where the real one's top probability exceeds .5. The default model grew from the "
            "same backbone, so it may flatter that one.",
            _agreement,
            ratio_of_means,
            width=2,
            digits=1,
        ),
        Figure(
            "semantic_gain",
            "class gain",
            "higher",
            "How much more probable the real photograph's top class is in our colours than in grey, in "
            "points of percent, mean over the same pictures. Below 0, colour misleads the classifier.",
            _gain,
            ratio_of_means,
            width=2,
            digits=1,
        ),
    ),
    network=True,
)


class SemanticAgreement(Metric):
    """Share of recognised pictures that keep their class, in percent, as a torchmetrics metric."""

    is_differentiable = False
    full_state_update = False
    total: Tensor

    def __init__(self, **kwargs: object) -> None:
        """Keyword arguments are those of :class:`torchmetrics.Metric`."""
        super().__init__(**kwargs)
        self.add_state("total", torch.zeros(2, dtype=torch.float64), dist_reduce_fx="sum")

    def update(self, prediction: Tensor, truth: Tensor) -> None:
        """Take a batch of pairs: sRGB uint8 ``[N,3,H,W]`` twice."""
        own, real = (
            probabilities(torch.stack([features_of(picture) for picture in pictures]).double().numpy())
            for pictures in (prediction, truth)
        )
        self.total = self.total + torch.from_numpy(agreement_terms(own, real).sum(0)).to(self.total)

    def compute(self) -> float:
        """The share over what was seen so far; NaN where nothing was recognised."""
        return float(ratio_of_means(self.total.cpu().numpy()))
