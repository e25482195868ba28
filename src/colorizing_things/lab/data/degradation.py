"""Making clean lightness look like an old print or negative: tone, halation, blur, halftone, grain, scratches, fading.

Sepia needs none: it is reduced to its lightness before the network sees it. Everything is done to the whole batch at
once, on its device; what differs from picture to picture is drawn by a :class:`.Chance`.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from .chance import Chance

SCRATCHES = 3  # at most, of a picture
REACH = 3  # px that a blur looks to either side


def degrade(L: Tensor, share: float, chance: Chance) -> Tensor:
    """Age a random ``share`` of the pictures; the others are returned as they are.

    Args:
        L: lightness ``[N,1,H,W]``, 0..100.
        share: 0..1, the chance of each picture to be aged.
        chance: all randomness comes from here.
    """
    aged = _tone(L.float(), chance)
    for effect, often in EFFECTS:
        aged = torch.where(chance.often(often), effect(aged, chance), aged)
    return torch.where(chance.often(share), aged.clamp(0, 100).to(L.dtype), L)


def _tone(L: Tensor, chance: Chance) -> Tensor:
    """Another exposure and a faded range: a gamma, then blacks lifted and whites dulled."""
    gamma = chance.normal(0.22).exp()
    black, white = 16 * chance.uniform() ** 2, 100 - 16 * chance.uniform() ** 2
    return black + (white - black) * (L / 100).clamp(1e-4, 1) ** gamma


def _halation(L: Tensor, chance: Chance) -> Tensor:
    """Light that went through the film and came back: a glow around the brightest places."""
    bright = F.avg_pool2d((L - 85).clamp_min(0) / 15, 4)
    glow = F.interpolate(blur(bright, chance.uniform(0.8, 1.6)), size=L.shape[-2:], mode="bilinear")
    return L + chance.uniform(0, 30) * glow


def _blurred(L: Tensor, chance: Chance) -> Tensor:
    return blur(L, chance.uniform(0.2, 1.6))


def blur(x: Tensor, sigma: Tensor) -> Tensor:
    """Gaussian blur, each picture by its own: ``[N,1,H,W]``, ``sigma`` in px ``[N,1,1,1]``."""
    offsets = torch.arange(-REACH, REACH + 1, device=x.device, dtype=x.dtype)
    kernel = torch.exp(-0.5 * (offsets / sigma) ** 2)
    kernel = kernel / kernel.sum(3, keepdim=True)
    reach = [min(REACH, side - 1) for side in x.shape[-2:]]  # a reflection is shorter than what it reflects
    padded = F.pad(x.transpose(0, 1), (reach[1], reach[1], reach[0], reach[0]), mode="reflect")
    rest = [REACH - found for found in reach]
    padded = F.pad(padded, (rest[1], rest[1], rest[0], rest[0]), mode="replicate")
    across = F.conv2d(padded, kernel, groups=len(x))
    return F.conv2d(across, kernel.transpose(2, 3), groups=len(x)).transpose(0, 1)


def _halftone(L: Tensor, chance: Chance) -> Tensor:
    """The moire that is left of a printer's screen when a scan of it is made small: a slanted, faint grid."""
    y, x = (side * (axis + 1) / 2 for axis, side in zip(_places(L), L.shape[-2:], strict=True))
    angle, wave = chance.uniform(0, math.pi / 2), 2 * math.pi / chance.uniform(2, 5)
    along, across = x * angle.cos() + y * angle.sin(), y * angle.cos() - x * angle.sin()
    dots = torch.sin(wave * along) * torch.sin(wave * across) * chance.uniform(4, 18)
    return L + dots * (1 - (L / 50 - 1).abs())  # dots are plainest in the middle tones


def _grain(L: Tensor, chance: Chance) -> Tensor:
    """Film grain: Gaussian noise, fine or a little clumped, stronger in the shadows."""
    height, width = L.shape[-2:]
    fine = chance.normal(shape=(1, height, width))
    half = chance.normal(1.5, (1, max(1, height // 2), max(1, width // 2)))
    clumped = F.interpolate(half, size=(height, width), mode="bilinear")
    noise = torch.where(chance.often(0.5), fine, clumped)
    return L + 6 * chance.uniform() ** 2 * noise * (1.2 - (L / 100).clamp(0, 1))


def _scratched(L: Tensor, chance: Chance) -> Tensor:
    """A few thin, light or dark scratches, mostly upright as film runs, and specks of dust."""
    height, width = L.shape[-2:]
    y, x = _places(L)
    tone = torch.where(chance.often(0.7), 95.0, 8.0)
    for number in range(SCRATCHES):
        middle, reach = chance.uniform(-1, 1), chance.uniform(0.1, 2)
        line = (x - chance.uniform(-1, 1) - chance.normal(0.15) * y).abs() < chance.uniform(0.8, 1.6) / width
        found = line & ((y - middle).abs() < reach) & chance.often(1.0 if number == 0 else 0.5)
        L = torch.where(found, tone, L)
    return torch.where(chance.uniform(shape=(1, height, width)) < 0.0005, tone, L)


def _falloff(L: Tensor, chance: Chance) -> Tensor:
    """Uneven fading: a smooth factor 0.7 to 1 over the picture, from one side or towards the corners."""
    y, x = _places(L)
    turn = chance.uniform(0, 2 * math.pi)
    corners, side = (x * x + y * y) / 2, (x * turn.cos() + y * turn.sin()) / 2.83 + 0.5
    return L * (1 - chance.uniform(0, 0.3) * torch.where(chance.often(0.5), corners, side))


def _places(like: Tensor) -> tuple[Tensor, Tensor]:
    """Row and column of each pixel, -1 to 1: ``[H,1]`` and ``[1,W]``."""
    height, width = like.shape[-2:]
    y, x = (torch.linspace(-1, 1, side, device=like.device, dtype=like.dtype) for side in (height, width))
    return y[:, None], x[None]


EFFECTS = (  # and how often an aged picture shows them
    (_halation, 0.25),
    (_blurred, 0.5),
    (_halftone, 0.15),
    (_grain, 0.7),
    (_scratched, 0.25),
    (_falloff, 0.3),
)
