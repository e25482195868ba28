"""Colour hints -> features that a colouring network adds to its own (Zhang, Zhu et al. 2017, section 3.2)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

AB_SCALE = 40.0  # brings ab near unit size
STRIDE = 4  # of the finest hint features, px
WIDTHS = (32, 48, 64, 96)  # channels at strides 4, 8, 16 and 32


def pool_hints(hint_ab: Tensor, hint_mask: Tensor) -> tuple[Tensor, Tensor]:
    """Gather the hints of every cell of ``STRIDE`` x ``STRIDE`` px.

    Args:
        hint_ab: ``[N,2,H,W]`` in CIELAB units; what lies outside of the mask does not matter.
        hint_mask: ``[N,1,H,W]``, 0 (no hint) to 1 (to be trusted).

    Returns:
        The mean ab of each cell's hints ``[N,2,H/4,W/4]`` (0 without one), and the cell's trust
        ``[N,1,H/4,W/4]``: that of its surest hint.
    """
    share = F.avg_pool2d(hint_mask, STRIDE)
    ab = F.avg_pool2d(hint_ab * hint_mask, STRIDE) / share.clamp_min(1e-6)
    return ab, F.max_pool2d(hint_mask, STRIDE)


class HintPyramid(nn.Module):
    """Hints at four scales, each as wide as the encoder's features of that scale, to be added to them.

    The last layers start at zero: a network that knew no hints starts as it was.
    """

    def __init__(self, channels: tuple[int, ...]) -> None:
        """``channels``: of the encoder's features at strides 4, 8, 16 and 32."""
        super().__init__()
        inside = (3, *WIDTHS[:-1])
        self.steps = nn.ModuleList(
            nn.Sequential(nn.Conv2d(a, b, 3, 1 if n == 0 else 2, 1), nn.ReLU())
            for n, (a, b) in enumerate(zip(inside, WIDTHS, strict=True))
        )
        self.joins = nn.ModuleList(nn.Conv2d(a, b, 1) for a, b in zip(WIDTHS, channels, strict=True))
        for parameter in self.joins.parameters():
            nn.init.zeros_(parameter)

    def forward(self, hint_ab: Tensor, hint_mask: Tensor) -> list[Tensor]:
        """Hints as :func:`pool_hints` takes them -> features at strides 4, 8, 16 and 32."""
        ab, trust = pool_hints(hint_ab, hint_mask)
        x = torch.cat([ab * trust / AB_SCALE, trust], dim=1)
        features = []
        for step, join in zip(self.steps, self.joins, strict=True):
            x = step(x)
            features.append(join(x))
        return features
