"""Simulated users: colour hints drawn from the real colours, for training (Zhang, Zhu et al. 2017, section 3.2)."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

STOP_PROBABILITY = 1 / 8  # chance that the points end after each one: seven on average
MAX_PATCH = 3  # cells a side of the largest patch
FULL_SHARE = 0.01  # share of hinted pictures whose every cell is given
UNCERTAIN_SHARE = 0.25  # share of hinted pictures whose hints are doubtful, as those from a reference are
MAX_NOISE = 15.0  # ab units, of a hint that deserves no trust


def simulate_hints(ab: Tensor, share: float, stride: int, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Reveal the mean colours of a few small patches of some pictures.

    The number of patches is geometric, their places normal about the centre, their sizes uniform. Some are given
    with trust under 1 and colours as wrong as that says.

    Args:
        ab: the real colours ``[N,2,h,w]`` in CIELAB units.
        share: 0..1, of the pictures that get any.
        stride: px of the network's input a cell of ``ab``.
        rng: of this step.

    Returns:
        ``hint_ab`` ``[N,2,H,W]`` and ``hint_mask`` ``[N,1,H,W]``, H = stride x h.
    """
    height, width = ab.shape[-2:]
    mask = torch.zeros(len(ab), 1, height, width, device=ab.device)
    hints = torch.zeros_like(ab, dtype=torch.float32)
    for n in np.flatnonzero(rng.random(len(ab)) < share):
        if rng.random() < FULL_SHARE:
            hints[n], mask[n] = ab[n], 1
            continue
        for _ in range(rng.geometric(STOP_PROBABILITY)):
            size = rng.integers(1, MAX_PATCH + 1)
            y, x = (np.clip(rng.normal(0.5, 0.25) * side, 0, side - size) for side in (height, width))
            patch = np.s_[n, :, int(y) : int(y) + size, int(x) : int(x) + size]
            hints[patch], mask[patch] = ab[patch].float().mean((1, 2), keepdim=True), 1
        if rng.random() < UNCERTAIN_SHARE:
            trust = rng.uniform(0.2, 1)
            error = torch.from_numpy(rng.normal(0, MAX_NOISE * (1 - trust), hints[n].shape)).to(hints)
            hints[n], mask[n] = (hints[n] + error) * mask[n], mask[n] * trust
    return F.interpolate(hints, scale_factor=float(stride)), F.interpolate(mask, scale_factor=float(stride))
