"""Decoders: features of several scales -> features at a quarter of the picture's size."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def conv_block(inside: int, outside: int) -> nn.Sequential:
    """3x3 convolution, batch norm, ReLU."""
    return nn.Sequential(nn.Conv2d(inside, outside, 3, padding=1, bias=False), nn.BatchNorm2d(outside), nn.ReLU())


class UNetDecoder(nn.Module):
    """Up from stride 32 to stride 4, with the encoder's features joined at each step (Ronneberger 2015)."""

    def __init__(self, channels: tuple[int, ...], widths: tuple[int, int, int]) -> None:
        super().__init__()
        _, *skips, deepest = channels
        inside = deepest
        blocks = []
        for skip, width in zip(reversed(skips), widths, strict=True):
            blocks.append(conv_block(inside + skip, width))
            inside = width
        self.blocks = nn.ModuleList(blocks)

    def forward(self, features: list[Tensor]) -> list[Tensor]:
        """Features at strides 2 to 32 -> decoded features at strides 16, 8 and 4."""
        x, decoded = features[-1], []
        for block, skip in zip(self.blocks, features[-2:0:-1], strict=True):
            x = F.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)
            x = block(torch.cat([x, skip], dim=1))
            decoded.append(x)
        return decoded
