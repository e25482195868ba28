"""Making clean luminance look like an old print or negative: tone, blur and grain."""

from __future__ import annotations

import kornia.filters
import numpy as np
import torch
from torch import Tensor


def age(L: Tensor, share: float, rng: np.random.Generator) -> Tensor:
    """Age a random ``share`` of the pictures; the others are returned as they are.

    Args:
        L: lightness ``[N,1,H,W]``, 0..100.
        share: 0..1, the chance of each picture to be aged.
        rng: all randomness comes from here.
    """
    aged = L.clone()
    for i in np.flatnonzero(rng.random(len(L)) < share):
        picture = _tone(aged[i : i + 1], rng)
        if rng.random() < 0.5:
            sigma = float(rng.uniform(0.4, 1.4))
            picture = kornia.filters.gaussian_blur2d(picture, (7, 7), (sigma, sigma))
        if rng.random() < 0.7:
            picture = picture + _grain(picture, rng)
        aged[i : i + 1] = picture.clamp(0, 100)
    return aged


def _tone(L: Tensor, rng: np.random.Generator) -> Tensor:
    """Another exposure and a faded range: a gamma, then blacks lifted and whites dulled."""
    gamma = float(np.exp(rng.uniform(-0.4, 0.4)))
    black, white = float(rng.uniform(0, 20)), float(rng.uniform(80, 100))
    return black + (white - black) * (L / 100).clamp_min(1e-4) ** gamma


def _grain(L: Tensor, rng: np.random.Generator) -> Tensor:
    """Film grain: Gaussian noise, fine or a little clumped."""
    noise = torch.from_numpy(rng.standard_normal(tuple(L.shape), dtype=np.float32)) * float(rng.uniform(1, 6))
    return kornia.filters.box_blur(noise, (2, 2)) * 2 if rng.random() < 0.5 else noise
