"""Decoders: features of several scales -> features at a quarter of the picture's size."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from .attention import Attention


def conv_block(inside: int, outside: int) -> nn.Sequential:
    """3x3 convolution, batch norm, ReLU."""
    return nn.Sequential(nn.Conv2d(inside, outside, 3, padding=1, bias=False), nn.BatchNorm2d(outside), nn.ReLU())


class Residual(nn.Module):
    """Two convolutions beside the way straight on; starts as the identity (Goyal et al. 2017, section 5.1)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        last = nn.BatchNorm2d(width)
        nn.init.zeros_(last.weight)
        self.block = nn.Sequential(conv_block(width, width), nn.Conv2d(width, width, 3, padding=1, bias=False), last)

    def forward(self, x: Tensor) -> Tensor:
        """``[N,C,H,W]`` -> the same shape."""
        return F.relu(x + self.block(x))


class GlobalAttention(nn.Module):
    """Self-attention over all places of a coarse map: what looks alike is coloured alike, however far apart.

    Starts as the identity.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm, self.attention = nn.LayerNorm(width), Attention(width)
        nn.init.zeros_(self.attention.out.weight)
        nn.init.zeros_(self.attention.out.bias)

    def forward(self, x: Tensor) -> Tensor:
        """``[N,C,H,W]`` -> the same shape."""
        tokens = self.norm(x.flatten(2).transpose(1, 2))
        mixed: Tensor = x + self.attention(tokens, tokens, tokens).transpose(1, 2).unflatten(2, x.shape[-2:])
        return mixed


class UNetDecoder(nn.Module):
    """Up from stride 32 to stride 4, with the encoder's features joined at each step (Ronneberger 2015).

    The coarse two of the three steps go deeper; the coarsest also sees the picture as a whole.
    """

    def __init__(self, channels: tuple[int, ...], widths: tuple[int, int, int]) -> None:
        super().__init__()
        _, *skips, deepest = channels
        inside = deepest
        blocks = []
        for skip, width in zip(reversed(skips), widths, strict=True):
            blocks.append(conv_block(inside + skip, width))
            inside = width
        self.blocks = nn.ModuleList(blocks)
        coarse, middle, _ = widths
        self.deeper = nn.ModuleList(
            (nn.Sequential(Residual(coarse), GlobalAttention(coarse)), Residual(middle), nn.Identity())
        )

    def forward(self, features: list[Tensor]) -> list[Tensor]:
        """Features at strides 2 to 32 -> decoded features at strides 16, 8 and 4."""
        x, decoded = features[-1], []
        for block, deeper, skip in zip(self.blocks, self.deeper, features[-2:0:-1], strict=True):
            x = F.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)
            x = deeper(block(torch.cat([x, skip], dim=1)))
            decoded.append(x)
        return decoded
