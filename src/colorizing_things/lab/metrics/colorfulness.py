"""Colourfulness (Hasler and Suesstrunk 2003), and how far it is from the real photograph's."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from .base import Array, Family, FamilyMetric, Figure, Pair, Record, Rows, column, number
from .protocol import PROTOCOL


def colorfulness(rgb: Tensor, absolute: bool = False) -> Tensor:
    """How colourful a picture looks: sRGB uint8 ``[...,3,H,W]`` -> ``[...]``, 0 (grey) to about 110 (garish).

    With rg = R - G and yb = (R + G) / 2 - B on 0..255: sqrt(var rg + var yb) + .3 |(mean rg, mean yb)|.
    Hasler and Suesstrunk 2003 take rg and yb with their signs; most colorization papers (DDColor, CT2 and
    others) take their absolute values, which gives other numbers: ``absolute``.

    Examples:
        >>> float(colorfulness(torch.full((3, 8, 8), 128, dtype=torch.uint8)))
        0.0
    """
    red, green, blue = rgb.float().unbind(-3)
    opponents = torch.stack([red - green, (red + green) / 2 - blue], dim=-3).flatten(-2)
    if absolute:
        opponents = opponents.abs()
    variance, mean = torch.var_mean(opponents, dim=-1, correction=0)
    return variance.sum(-1).sqrt() + 0.3 * mean.square().sum(-1).sqrt()


def _measure(pair: Pair) -> Record:
    own, real = (colorfulness(rgb, absolute=True) for rgb in (pair.prediction, pair.truth))
    return {
        "colourfulness": number(colorfulness(pair.prediction)),
        "colourfulness_abs": number(own),
        "real_colourfulness_abs": number(real),
    }


def _differences(rows: Rows) -> Array:
    return np.abs(rows.own["colourfulness_abs"] - rows.own["real_colourfulness_abs"])


def _both(rows: Rows) -> Array:
    return np.stack([rows.own["colourfulness_abs"], rows.own["real_colourfulness_abs"]], axis=-1)


def _near_gray(rows: Rows) -> Array:
    return 100.0 * (rows.own["colourfulness_abs"] < PROTOCOL.near_grey_colourfulness)


def _difference_of_means(means: Array) -> Array:
    return np.abs(means[..., 0] - means[..., 1])


FAMILY = Family(
    "colourfulness",
    (
        Figure(
            "colourfulness_abs",
            "CF abs",
            "real",
            "Colourfulness as most colorization papers compute it, with |R - G| and |(R + G) / 2 - B|. 0 is "
            "grey; as near to the real photographs' as may be.",
            column("colourfulness_abs"),
            digits=1,
        ),
        Figure(
            "colourfulness",
            "CF signed",
            "real",
            "Colourfulness as Hasler and Suesstrunk 2003 define it, with signs. 0 is grey, 33 moderate, 59 "
            "quite, 109 extreme; as near to the real photographs' as may be.",
            column("colourfulness"),
            digits=1,
        ),
        Figure(
            "delta_cf_of_means",
            "ΔCF of means",
            "lower",
            "Absolute difference between the mean CF abs of the set and that of the real photographs (as "
            "DDColor reports it). Too bold and too pale cancel out.",
            _both,
            _difference_of_means,
            width=2,
            digits=1,
        ),
        Figure(
            "delta_cf",
            "ΔCF mean",
            "lower",
            "Mean over pictures of the absolute difference in CF abs from the real photograph. Nothing cancels.",
            _differences,
            digits=1,
            ranks_pictures=True,
        ),
        Figure(
            "near_grey",
            "near-grey %",
            "real",
            "Share of pictures with a CF abs under 15, the lowest word of Hasler and Suesstrunk's scale.",
            _near_gray,
            digits=1,
        ),
    ),
    _measure,
)


class Colorfulness(FamilyMetric):
    """All figures of colourfulness as a torchmetrics metric."""

    family = FAMILY
