"""The generator: a stack of transposed convolutions from a latent vector to the ab planes."""

from __future__ import annotations

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from colorizing_things.errors import SettingError

from .normalization import normalized

AB_LIMIT = 110.0  # ab units: tanh reaches this far, and all of sRGB's a and b but the tips lie within
SIDES = (4, 6)  # px, of the first map: powers of two begin with 4, 96 and 192 with 6
START = 0.005  # deviation of the last layer's first weights: colours begin within some ten units of grey
LIGHTNESS_MAPS = 4  # a place of lightness is the four of twice the side
WIDEST = 16  # times ``width``: channels do not double beyond


def check_size(size: int) -> None:
    """Raise a SettingError unless a bottleneck network can have this size: 4 or 6, doubled, from 32 up."""
    if size < 32 or first_side(size) not in SIDES:
        raise SettingError(f"size {size}: this network doubles a map of 4 or 6 px (32, 64, 96, 128, 192, 256)")


def first_side(size: int) -> int:
    """Side of the map that is doubled until it has ``size``; none of ``SIDES`` where that cannot be."""
    while size > SIDES[-1] and size % 2 == 0:
        size //= 2
    return size


def widths(size: int, width: int) -> list[int]:
    """Channels of the maps of side 4 (or 6), 8, ... size / 2: ``width`` at the finest, doubling, at most 16 of it."""
    check_size(size)
    if width < 1:
        raise SettingError(f"width {width}: must be 1 or more")
    maps = (size // first_side(size)).bit_length() - 1
    return [width * min(WIDEST, 2**i) for i in reversed(range(maps))]


class Generator(nn.Module):
    """z -> ab: for 128 px 100 -> 512 (4x4), 256 (8), 128 (16), 64 (32), 32 (64), 2 (128), tanh x 110.

    Every transposed convolution after the first has kernel 4 and stride 2, so that all outputs get equally
    many inputs and no checkerboard can form (Odena et al. 2016). Between them batch norm and ReLU (DCGAN:
    Radford et al. 2015, section 3).

    Args:
        latent: length of z.
        size: side of the ab planes in px, 4 or 6 times a power of two, from 32 up.
        width: channels of the finest map.
        content: channels of maps to join at sides 4, 8, ...: what the picture itself says, beside z.
        normalization: one of ``NORMALIZATIONS``.
        lightness: join lightness itself at every side.
    """

    def __init__(
        self, latent: int, size: int = 128, width: int = 32, content: tuple[int, ...] = (),
        normalization: str = "batch", lightness: bool = False,
    ) -> None:  # fmt: skip
        super().__init__()
        self.lightness = lightness
        more = LIGHTNESS_MAPS if lightness else 0
        if latent < 1:
            raise SettingError(f"latent {latent}: must be 1 or more")
        channels = widths(size, width)
        if len(content) > len(channels):
            raise SettingError(f"content {len(content)}: a generator of {size} px joins at most {len(channels)} maps")
        bias = normalization != "batch"  # which would take it away again
        layer = nn.ConvTranspose2d(latent, channels[0], first_side(size), 1, 0, bias=bias)
        first = normalized(layer, channels[0], normalization)
        blocks = [nn.Sequential(*first, nn.ReLU())]
        # Each content map is brought to as many channels as the generator has there, and to its scale, so that neither
        # drowns: an encoder's features may be a thousand times as large.
        self.joins = nn.ModuleList(
            normalized(nn.Conv2d(n, m, 1, bias=bias), m, normalization) for n, m in zip(content, channels, strict=False)
        )
        for number, (inside, outside) in enumerate(pairwise(channels)):
            joined = inside * (2 if number < len(content) else 1) + more
            layer = nn.ConvTranspose2d(joined, outside, 4, 2, 1, bias=bias)
            blocks.append(nn.Sequential(*normalized(layer, outside, normalization), nn.ReLU()))
        self.blocks = nn.ModuleList(blocks)
        last = channels[-1] * (2 if len(content) == len(channels) else 1) + more
        self.to_ab = nn.ConvTranspose2d(last, 2, 4, 2, 1)
        nn.init.normal_(self.to_ab.weight, 0.0, START)

    def forward(self, z: Tensor, content: list[Tensor] | None = None, L: Tensor | None = None) -> Tensor:
        """``[N, latent]``, and the content maps coarse to fine -> ab ``[N,2,S,S]`` within +-110 CIELAB units.

        Content maps of another side are brought to theirs, after their 1x1 convolution: it commutes, and costs less.
        ``L`` is lightness ``[N,1,S,S]`` in 0..100, where the generator joins it.
        """
        x = z[:, :, None, None]
        for number, block in enumerate(self.blocks):
            x = block(x)
            if number < len(self.joins):
                assert content is not None
                joined = self.joins[number](content[number]).to(x.dtype)
                x = torch.cat([x, _at_side(joined, x.shape[-1])], dim=1)
            if self.lightness:
                assert L is not None
                x = torch.cat([x, lightness_maps(L, x.shape[-1]).to(x.dtype)], dim=1)
        return torch.tanh(self.to_ab(x).float()) * AB_LIMIT


def lightness_maps(L: Tensor, side: int) -> Tensor:
    """Lightness ``[N,1,S,S]`` in 0..100 -> ``[N,4,side,side]`` in -1..1: of each place its four at twice the side."""
    factor = L.shape[-1] // (2 * side)
    return F.pixel_unshuffle((F.avg_pool2d(L, factor) if factor > 1 else L) / 50 - 1, 2)


def _at_side(maps: Tensor, side: int) -> Tensor:
    """Maps ``[N,C,h,h]`` -> ``[N,C,side,side]``, bilinear."""
    return maps if maps.shape[-1] == side else F.interpolate(maps, size=(side, side), mode="bilinear")
