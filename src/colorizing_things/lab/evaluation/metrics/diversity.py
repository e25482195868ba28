"""Several colourings of one picture: how good the best of them is, and how much they differ."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from ..protocol import PROTOCOL
from .ab_error import mean_ab_error
from .base import Family, Figure, Pair, Record, ab_distance, column, number, to_lab

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


def _measure(pair: Pair) -> Record:
    if not pair.samples:
        return {}
    best = errors_of_best(pair.samples, pair.truth)
    record: Record = {f"best_of_{n}": number(best[n - 1]) for n in PROTOCOL.sample_counts if n <= len(best)}
    if len(pair.samples) > 1:
        record["sample_variance"] = number(sample_variance(pair.samples))
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
