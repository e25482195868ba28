"""Making clean luminance look like an old print or negative: tone, blur, halftone, grain, scratches, uneven fading.

Sepia needs none: it is reduced to its luminance before the network sees it.
"""

from __future__ import annotations

import kornia.filters
import numpy as np
import torch
from torch import Tensor


def degrade(L: Tensor, share: float, rng: np.random.Generator) -> Tensor:
    """Age a random ``share`` of the pictures; the others are returned as they are.

    Args:
        L: lightness ``[N,1,H,W]``, 0..100.
        share: 0..1, the chance of each picture to be aged.
        rng: all randomness comes from here.
    """
    degraded = L.clone()
    for i in np.flatnonzero(rng.random(len(L)) < share):
        picture = _tone(degraded[i : i + 1], rng)
        if rng.random() < 0.5:
            sigma = float(rng.uniform(0.4, 1.4))
            picture = kornia.filters.gaussian_blur2d(picture, (7, 7), (sigma, sigma))
        if rng.random() < 0.15:
            picture = picture + _halftone(picture, rng)
        if rng.random() < 0.7:
            picture = picture + _grain(picture, rng)
        if rng.random() < 0.3:
            picture = _scratched(picture, rng)
        if rng.random() < 0.3:
            picture = picture * _falloff(picture, rng)
        degraded[i : i + 1] = picture.clamp(0, 100)
    return degraded


def _tone(L: Tensor, rng: np.random.Generator) -> Tensor:
    """Another exposure and a faded range: a gamma, then blacks lifted and whites dulled."""
    gamma = float(np.exp(rng.uniform(-0.4, 0.4)))
    black, white = float(rng.uniform(0, 20)), float(rng.uniform(80, 100))
    return black + (white - black) * (L / 100).clamp_min(1e-4) ** gamma


def _grain(L: Tensor, rng: np.random.Generator) -> Tensor:
    """Film grain: Gaussian noise, fine or a little clumped."""
    noise = torch.from_numpy(rng.standard_normal(tuple(L.shape), dtype=np.float32)) * float(rng.uniform(1, 6))
    return kornia.filters.box_blur(noise, (2, 2)) * 2 if rng.random() < 0.5 else noise


def _halftone(L: Tensor, rng: np.random.Generator) -> Tensor:
    """The moire that is left of a printer's screen when a scan of it is made small: a slanted, faint grid."""
    height, width = L.shape[-2:]
    y, x = np.mgrid[:height, :width].astype(np.float32)
    angle, period = rng.uniform(0, np.pi / 2), rng.uniform(2, 5)
    along, across = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    screen = np.sin(2 * np.pi * along / period) * np.sin(2 * np.pi * across / period)
    dots = torch.from_numpy((screen * rng.uniform(4, 18)).astype(np.float32))
    return dots * (1 - (L / 50 - 1).abs())  # dots are plainest in the middle tones


def _scratched(L: Tensor, rng: np.random.Generator) -> Tensor:
    """A few thin, light or dark scratches, mostly upright as film runs, and specks of dust."""
    height, width = L.shape[-2:]
    picture = L.clone()
    for _ in range(rng.integers(1, 5)):
        tone, x = float(rng.choice([8.0, 95.0])), float(rng.uniform(0, width))
        slope, first, last = rng.normal(0, 0.08), *sorted(rng.integers(0, height + 1, 2))
        rows = np.arange(first, last)
        columns = np.clip(x + slope * rows + rng.normal(0, 0.2, len(rows)), 0, width - 1).astype(int)
        picture[..., torch.from_numpy(rows), torch.from_numpy(columns)] = tone
    dust = torch.from_numpy(rng.random(tuple(L.shape)) < 0.0005)
    return picture.masked_fill(dust, float(rng.choice([5.0, 97.0])))


def _falloff(L: Tensor, rng: np.random.Generator) -> Tensor:
    """Uneven fading: a smooth factor 0.7 to 1 over the picture, from one side or towards the corners."""
    height, width = L.shape[-2:]
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    turn = rng.uniform(0, 2 * np.pi)
    shape = (x * x + y * y) / 2 if rng.random() < 0.5 else (x * np.cos(turn) + y * np.sin(turn)) / 2.83 + 0.5
    return torch.from_numpy((1 - rng.uniform(0, 0.3) * shape).astype(np.float32))
