"""Frechet and kernel distance between the features of coloured and of real pictures.

The features are MobileNetV2's, not Inception's: these are *not* FID and KID, and are never called so.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor
from torchmetrics import Metric
from torchmetrics.utilities import dim_zero_cat

from .base import Array, Family, Pair, Record, Rows, SetFigure
from .features import features_of
from .protocol import PROTOCOL

BLOCK = 1024  # rows of a kernel matrix held at once
KERNEL_SCALE = 1000


def frechet_distance(first: Array, second: Array) -> float:
    """Frechet distance of two clouds of features, taken as Gaussians: ``[N,D]`` and ``[M,D]``.

    |m1 - m2|^2 + Tr(S1 + S2 - 2 (S1 S2)^1/2) (Heusel et al. 2017); 0 or more, lower is better. Biased upward
    for few pictures: compare equal numbers only.

    Examples:
        >>> cloud = np.random.default_rng(0).normal(size=(50, 4))
        >>> abs(round(frechet_distance(cloud, cloud), 6)), round(frechet_distance(cloud, cloud + 1), 6)
        (0.0, 4.0)
    """
    first, second = np.asarray(first, np.float64), np.asarray(second, np.float64)
    center = first.mean(0), second.mean(0)
    spread = [(x - m) / np.sqrt(len(x) - 1) for x, m in zip((first, second), center, strict=True)]
    # Tr (S1 S2)^1/2 is the sum of the singular values of one spread times the other: no matrix root, and
    # exact also where there are fewer pictures than features.
    if len(first) > first.shape[1]:
        spread = [np.asarray(np.linalg.qr(x, mode="r")) for x in spread]  # the same S, in fewer rows
    overlap = np.linalg.svd(spread[0] @ spread[1].T, compute_uv=False).sum()
    variance = sum(np.square(x).sum() for x in spread)
    return float(np.square(center[0] - center[1]).sum() + variance - 2 * overlap)


def kernel_distance(first: Array, second: Array, subsets: Array | None = None) -> tuple[float, Array]:
    """Kernel distance of two clouds of *paired* features: ``[N,D]`` twice -> value, values of the subsets.

    The unbiased squared maximum mean discrepancy with the kernel (x.y / D + 1)^3 (Binkowski et al. 2018),
    x 1000; around 0 where the clouds are alike (it can be negative), lower is better. Row i of both clouds
    comes from the same photograph, so the terms of a picture with its own original are left out of the cross
    sum too (Gretton et al. 2012, the U-statistic of lemma 6): with them, the estimate is not unbiased.

    Args:
        first: features of the coloured pictures.
        second: features of the real ones, row by row.
        subsets: 0/1 membership ``[N,R]`` of R subsets of the pictures.
    """
    x, y = (torch.from_numpy(np.asarray(f, np.float32)) for f in (first, second))
    count, dimension = x.shape
    members = torch.ones(count, 1) if subsets is None else torch.from_numpy(np.c_[np.ones(count), subsets]).float()
    total = torch.zeros(members.shape[1], dtype=torch.float64)
    for start in range(0, count, BLOCK):
        rows = slice(start, start + BLOCK)
        kernel = _cubic(x[rows], x, dimension) + _cubic(y[rows], y, dimension)
        kernel -= 2 * _cubic(x[rows], y, dimension)  # summed over a subset, x against y is y against x
        kernel[torch.arange(len(kernel)), torch.arange(start, start + len(kernel))] = 0
        total += (members[rows].double() * (kernel @ members.double())).sum(0)
    size = members.double().sum(0)
    values = (KERNEL_SCALE * total / (size * (size - 1))).numpy()
    return float(values[0]), values[1:]


def _cubic(x: Tensor, y: Tensor, dimension: int) -> Tensor:
    return ((x @ y.T).double() / dimension + 1) ** 3


def half_subsets(count: int, seed: int, number: int = PROTOCOL.kernel_subsets) -> Array:
    """Membership ``[count, number]`` of random halves, drawn without replacement.

    The scatter of a statistic over halves is that of the statistic over all the pictures (the delete-half
    jackknife), and no picture comes twice: duplicates, as in a bootstrap, would bias a kernel distance.
    """
    rng = np.random.default_rng(seed)
    members = np.zeros((count, number))
    for subset in members.T:
        subset[rng.permutation(count)[: count // 2]] = 1
    return members


def _measure(pair: Pair) -> Record:
    return {"features": features_of(pair.prediction).numpy()}


def _frechet(rows: Rows, seed: int) -> tuple[float, Array | None] | None:
    if len(rows.own["features"]) < 2:
        return None
    return frechet_distance(rows.own["features"], rows.real["features"]), None


def _kernel(rows: Rows, seed: int) -> tuple[float, Array | None] | None:
    count = len(rows.own["features"])
    if count < 4:
        return None
    return kernel_distance(rows.own["features"], rows.real["features"], half_subsets(count, seed))


FAMILY = Family(
    "distances",
    (
        SetFigure(
            "kernel_distance",
            "kernel distance",
            "lower",
            "Squared maximum mean discrepancy of MobileNetV2 features (1280 pooled, 224 x 224, cubic kernel, "
            "unbiased for paired pictures, x 1000). Not KID: other features. The interval comes from halves "
            "drawn without replacement.",
            _kernel,
        ),
        SetFigure(
            "frechet_distance",
            "Frechet distance",
            "lower",
            "Frechet distance of the same features. Not FID: other features. For information: it is biased "
            "upward for few pictures, so compare only equal numbers of them; no interval.",
            _frechet,
            digits=1,
        ),
    ),
    _measure,
    network=True,
)


class FeatureDistances(Metric):
    """Both distances as a torchmetrics metric: feed it paired batches; processes gather their features."""

    is_differentiable = False
    full_state_update = False
    own: list[Tensor]
    real: list[Tensor]

    def __init__(self, **kwargs: Any) -> None:
        """Keyword arguments are those of :class:`torchmetrics.Metric`."""
        super().__init__(**kwargs)
        self.add_state("own", [], dist_reduce_fx="cat")
        self.add_state("real", [], dist_reduce_fx="cat")

    def update(self, prediction: Tensor, truth: Tensor) -> None:
        """Take a batch of pairs: sRGB uint8 ``[N,3,H,W]`` twice."""
        for state, pictures in ((self.own, prediction), (self.real, truth)):
            state.extend(features_of(picture)[None].to(self.device) for picture in pictures)

    def compute(self) -> dict[str, float]:
        """Both distances over what was seen so far."""
        own, real = (dim_zero_cat(state).cpu().double().numpy() for state in (self.own, self.real))
        return {
            "kernel_distance": kernel_distance(own, real)[0],
            "frechet_distance": frechet_distance(own, real),
        }
