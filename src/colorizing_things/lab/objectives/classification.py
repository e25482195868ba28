"""Colour as classification (Zhang, Isola, Efros: Colorful Image Colorization, ECCV 2016)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from colorizing_things.lab.color.ab_bins import ab_bins

REACH = 115  # the lookup table covers ab in -REACH..REACH


class SoftTarget(NamedTuple):
    """A soft-encoded colour: K bin indices and their weights (summing to 1), both ``[..., K]``."""

    indices: Tensor
    weight: Tensor


class SoftEncoder(nn.Module):
    """Ab -> the K nearest bins, weighted by a Gaussian of the distance (section 2.2: K = 5, sigma = 5).

    Nearest bins are read from a table with a cell a unit of ab; weights come from the exact colour.
    """

    bins: Tensor
    table: Tensor

    def __init__(self, neighbors: int = 5, sigma: float = 5.0) -> None:
        super().__init__()
        self.sigma = sigma
        bins = torch.from_numpy(ab_bins())
        axis = torch.arange(-REACH, REACH + 1.0)
        grid = torch.cartesian_prod(axis, axis)
        table = torch.cdist(grid, bins).topk(neighbors, largest=False).indices
        self.register_buffer("bins", bins, persistent=False)
        self.register_buffer("table", table, persistent=False)

    def forward(self, ab: Tensor) -> SoftTarget:
        """``ab`` [..., 2] in CIELAB units -> indices and weights ``[..., K]``, nearest bin first."""
        cell = (ab.clamp(-REACH, REACH).round() + REACH).long()
        index = self.table[cell[..., 0] * (2 * REACH + 1) + cell[..., 1]]
        distance = (self.bins[index] - ab.unsqueeze(-2)).square().sum(-1)
        nearest = distance.argsort(-1)
        index, distance = index.gather(-1, nearest), distance.gather(-1, nearest)
        return SoftTarget(index, torch.softmax(-distance / (2 * self.sigma**2), dim=-1))


def nearest_bin(ab: npt.NDArray[np.floating]) -> npt.NDArray[np.int64]:
    """Index of the nearest of the 313 bins for ``ab`` [..., 2].

    Examples:
        >>> from colorizing_things.lab.color.ab_bins import ab_bins
        >>> ab_bins()[nearest_bin(np.array([12.0, -9.0]))].tolist()
        [10.0, -10.0]
    """
    encoder = SoftEncoder(neighbors=4)
    nearest: npt.NDArray[np.int64] = encoder(torch.from_numpy(np.asarray(ab, dtype=np.float32))).indices[..., 0].numpy()
    return nearest


def smooth_prior(prior: npt.NDArray[np.floating], sigma: float = 5.0) -> npt.NDArray[np.float64]:
    """Smooth a prior over the bins by a Gaussian in ab (section 2.2: sigma = 5); sums to 1."""
    bins = ab_bins().astype(np.float64)
    kernel = np.exp(-np.square(bins[:, None] - bins[None]).sum(-1) / (2 * sigma**2))
    smoothed: npt.NDArray[np.float64] = (kernel / kernel.sum(1, keepdims=True)) @ prior
    smoothed /= smoothed.sum()
    return smoothed


def rebalancing_weights(smoothed: npt.NDArray[np.floating], uniform: float = 0.5) -> npt.NDArray[np.float64]:
    """Weight of each bin, rare ones more (eq. 4); E[w] = 1 under the prior.

    ``uniform`` is the paper's lambda: 1 gives no rebalancing, 0 the pure inverse of the prior.
    """
    weight = 1 / ((1 - uniform) * smoothed + uniform / len(smoothed))
    balanced: npt.NDArray[np.float64] = weight / (smoothed * weight).sum()
    return balanced


def rebalanced_cross_entropy(logits: Tensor, target: SoftTarget, bin_weight: Tensor) -> Tensor:
    """Mean of v(Z) * cross-entropy(Z, logits) (eq. 2 and 3); logits ``[..., Q]``, in any float type."""
    log_p = torch.log_softmax(logits.float(), dim=-1).gather(-1, target.indices)
    return -(bin_weight[target.indices[..., 0]] * (target.weight * log_p).sum(-1)).mean()


def annealed_mean(logits: Tensor, bins: Tensor, temperature: float) -> Tensor:
    """Expected colour of the sharpened distribution (eq. 5): logits ``[N,Q,h,w]`` -> ab ``[N,2,h,w]``.

    Temperature 1 is the plain mean (pale), towards 0 the mode (patchy); the paper settles on 0.38.

    Examples:
        >>> logits, bins = torch.tensor([0.0, 2.0]).reshape(1, 2, 1, 1), torch.tensor([[0.0, 0.0], [50.0, 0.0]])
        >>> [round(annealed_mean(logits, bins, t)[0, 0].item(), 1) for t in (1, 0.38, 0.01)]
        [44.0, 49.7, 50.0]
    """
    probability = torch.softmax(logits.float() / temperature, dim=1)
    return torch.einsum("nqhw,qc->nchw", probability, bins)
