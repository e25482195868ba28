"""CIEDE2000: the colour difference that follows the eye."""

from __future__ import annotations

import numpy as np
import torch
from skimage.color import deltaE_ciede2000
from torch import Tensor

from .base import Family, FamilyMetric, Figure, Pair, Record, column, number


def ciede2000(first: Tensor, second: Tensor) -> Tensor:
    """Colour difference of every pixel: Lab ``[...,3,H,W]`` twice -> ``[...,H,W]``.

    0 or more, lower is better; about 1 is just noticeable side by side (Sharma, Wu, Dalal 2005;
    scikit-image's implementation, on the CPU).

    Examples:
        >>> gray = torch.tensor([50.0, 0.0, 0.0]).reshape(3, 1, 1)
        >>> ciede2000(gray, gray).tolist()
        [[0.0]]
    """
    lab = [np.moveaxis(t.detach().cpu().numpy(), -3, -1) for t in (first, second)]
    return torch.from_numpy(np.asarray(deltaE_ciede2000(*lab), np.float32)).to(first.device)


def _measure(pair: Pair) -> Record:
    return {"ciede2000": number(ciede2000(pair.prediction_lab, pair.truth_lab).mean())}


FAMILY = Family(
    "ciede",
    (
        Figure(
            "ciede2000",
            "CIEDE2000",
            "lower",
            "Mean colour difference of Sharma, Wu and Dalal 2005 over pixels, then over pictures. 0 or more; "
            "about 1 is just noticeable side by side.",
            column("ciede2000"),
            ranks_pictures=True,
        ),
    ),
    _measure,
)


class Ciede(FamilyMetric):
    """CIEDE2000 as a torchmetrics metric."""

    family = FAMILY
