"""Several colourings of one picture: how good the best of them is, and how much they differ."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from .ab_error import mean_ab_error
from .base import (
    Array,
    Family,
    Figure,
    Pair,
    Record,
    ab_distance,
    at_shorter_side,
    chroma_of,
    column,
    columns,
    number,
    percent_beside,
    ratio_of_means,
    to_lab,
)
from .protocol import PROTOCOL
from .stains import stain_share

ABSENT = "no such number of colourings was drawn: --samples, with a model that gives several"


def errors_of_best(samples: Sequence[Tensor], truth: Tensor) -> Tensor:
    """Error of the best of the first n colourings, for every n: uint8 ``[3,H,W]`` each -> ``[len(samples)]``.

    Mean ab distance to the real photograph, CIELAB units, lower is better; it never rises with n (Deshpande
    et al. 2017, 5.2).
    """
    truth_lab = to_lab(truth)
    errors = [mean_ab_error(ab_distance(to_lab(sample), truth_lab)) for sample in samples]
    return torch.stack(errors).cummin(0).values


def sample_variance(samples: Sequence[Tensor]) -> Tensor:
    """Variance of ab over the colourings of one picture, mean over pixels and over a and b: a scalar.

    0 for identical colourings, CIELAB units squared (Deshpande et al. 2017, 5.2); streamed, one colouring at
    a time (Welford).
    """
    mean = torch.zeros(())
    squares = torch.zeros(())
    for count, sample in enumerate(samples, 1):
        ab = to_lab(sample)[1:].double()
        step = ab - mean
        mean = mean + step / count
        squares = squares + step * (ab - mean)
    return (squares / len(samples)).mean()


def mean_pairwise_distance(labs: Sequence[Tensor]) -> Tensor:
    """Mean ab distance between two of the colourings, over all pairs and pixels: Lab ``[3,H,W]`` each -> a scalar.

    CIELAB units; 0 where all are the same.
    """
    pairs = [mean_ab_error(ab_distance(first, second)) for n, first in enumerate(labs) for second in labs[:n]]
    return torch.stack(pairs).mean()


def _measure_several(pair: Pair) -> Record:
    """How far the colourings lie apart, and how good each is, at the common size."""
    truth = pair.common.truth_lab
    labs = [to_lab(at_shorter_side(sample, PROTOCOL.common_side)) for sample in pair.samples]
    distances = [ab_distance(lab, truth) for lab in labs]
    errors = torch.stack([mean_ab_error(distance) for distance in distances])
    stains = [stain_share(d, chroma_of(lab), PROTOCOL.stain_chromas[0]) for d, lab in zip(distances, labs, strict=True)]
    return {
        "sample_variance": number(sample_variance(pair.samples)),
        "pairwise_distance": number(mean_pairwise_distance(labs)),
        "samples_real_chroma": number(chroma_of(truth).mean()),
        "samples_best": number(errors.min()),
        "samples_mean": number(errors.mean()),
        "samples_stains": torch.stack(stains).double().numpy(),
    }


def _largest(means: Array) -> Array:
    largest: Array = means.max(-1)
    return largest


def _measure(pair: Pair) -> Record:
    if not pair.samples:
        return {}
    best = errors_of_best(pair.samples, pair.truth)
    record: Record = {f"best_of_{n}": number(best[n - 1]) for n in PROTOCOL.sample_counts if n <= len(best)}
    if len(pair.samples) > 1:
        record.update(_measure_several(pair))
    return record


FAMILY = Family(
    "diversity",
    (
        *(
            Figure(
                f"best_of_{n}",
                f"best of {n}",
                "lower",
                f"Error-of-best: the mean ab error of the best of {n} colourings, CIELAB units, mean over "
                "pictures (Deshpande et al. 2017). Only for models that give several.",
                column(f"best_of_{n}"),
                absent=ABSENT,
            )
            for n in PROTOCOL.sample_counts
        ),
        Figure(
            "pairwise_ratio",
            "distance of variants",
            "higher",
            "Mean ab distance between two colourings of a picture, at a shorter side of 256, over the set's mean real "
            "chroma: 0 where all are the same. Read it beside the two figures that follow: noise differs too.",
            columns("pairwise_distance", "samples_real_chroma"),
            ratio_of_means,
            width=2,
            absent=ABSENT,
        ),
        Figure(
            "best_beside_mean",
            "best variant beside their mean %",
            "lower",
            "How far the mean ab error of the best colouring of each picture lies below that of all of them, in "
            "percent: whether choosing pays.",
            columns("samples_best", "samples_mean"),
            percent_beside,
            width=2,
            digits=1,
            absent=ABSENT,
        ),
        Figure(
            "samples_stains",
            "stains of variants at 25 %",
            "lower",
            "Stained area of the colourings, mean over pictures; of the first, the second, ... the worst.",
            columns("samples_stains"),
            _largest,
            absent=ABSENT,
        ),
        Figure(
            "sample_variance",
            "variance",
            "none",
            "Variance of ab over a picture's colourings, mean over pixels and pictures, CIELAB units "
            "squared. Read it beside the error-of-best: noise varies too.",
            column("sample_variance"),
            absent=ABSENT,
        ),
    ),
    _measure,
)
