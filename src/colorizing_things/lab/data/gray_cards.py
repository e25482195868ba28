"""Flat grey cards: pictures in which there is no colour to be found, so that none is invented."""

from __future__ import annotations

import torch
from torch import Tensor

from .chance import Chance


def gray_cards(height: int, width: int, chance: Chance) -> Tensor:
    """Cards of any grey, half of them with a gradient from side to side: sRGB ``[N,3,height,width]``, 0..1."""
    across = torch.linspace(-1, 1, width, device=chance.device)
    gradient = torch.where(chance.often(0.5), chance.normal(0.3), 0.0) * across
    return (chance.uniform() + gradient).clamp(0, 1).expand(-1, 3, height, width)
