"""Simulated users: colour hints drawn from the real colours, for training (Zhang, Zhu et al. 2017, section 3.2)."""

from __future__ import annotations

import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from .chance import Chance

STOP_PROBABILITY = 1 / 8  # chance that the points end after each one: seven on average
MAX_PATCH = 3  # cells a side of the largest patch
FULL_SHARE = 0.01  # share of hinted pictures whose every cell is given
UNCERTAIN_SHARE = 0.25  # share of hinted pictures whose hints are doubtful, as those from a reference are
MAX_NOISE = 15.0  # ab units, of a hint that deserves no trust
FEW, MOST = 12, 0.3  # places: three in five pictures with any have up to that many, the others up to that share of all
INSIDE = 0.85  # share of a cell that lies in the recolored segment where a hint is given there
MOST_INSIDE = 3  # hints to one segment


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


def simulate_known_places(ab: Tensor, segment: Tensor, share: float, chance: Chance) -> tuple[Tensor, Tensor]:
    """Reveal the true colours of some places of a small field: few of them or many, anywhere.

    Where a segment was recolored wilfully, one to three places of it are given, and seldom any outside: so a hint
    colours its object wholly, and nothing else.

    Args:
        ab: the colours to be learnt ``[N,2,h,w]``, CIELAB units.
        segment: of :class:`.Recolored`, ``[N,1,h,w]``; zeros where nothing was.
        share: 0..1, of the pictures without a segment that get any.
        chance: all randomness comes from here.

    Returns:
        ``known`` ``[N,2,h,w]``, CIELAB units times the trust, and ``mask`` ``[N,1,h,w]``, 0 or the trust.
    """
    height, width = ab.shape[-2:]
    few = torch.exp(chance.uniform(0, math.log(FEW))) / (height * width)
    wanted = torch.where(chance.often(0.6), few, MOST * chance.uniform() ** 3)
    anywhere = chance.uniform(shape=(1, height, width)) < wanted * chance.often(share)
    inside = segment > INSIDE
    score = torch.where(inside, chance.uniform(shape=(1, height, width)), 2.0)
    rank = score.flatten(1).argsort(1).argsort(1).view_as(score)
    own = inside & (rank <= chance.uniform(0, MOST_INSIDE).floor())
    beside = anywhere & (segment == 0) & chance.often(0.3)
    given = torch.where(inside.flatten(1).any(1)[:, None, None, None], own | beside, anywhere)
    trust = torch.where(chance.often(0.2), chance.uniform(0.3, 0.95), 1.0)
    error = chance.normal(MAX_NOISE, (2, height, width)) * (1 - trust)
    mask = (given * trust).to(ab.dtype)
    return (ab + error.to(ab.dtype)) * mask, mask
