"""Discriminators: real chroma or ours?"""

from __future__ import annotations

from typing import Literal, NamedTuple

import kornia.color
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from .generators import AB_LIMIT, first_side, widths
from .hint_pyramid import AB_SCALE
from .normalization import normalized
from .self_attention import SelfAttention


class ChromaPatches(nn.Module):
    """A spectrally normalized patch discriminator at the chroma's own resolution, conditioned on lightness.

    It sees full-resolution L folded into 16 channels beside ab, so it costs little and still knows the edges
    (PatchGAN: Isola et al. 2017, section 3.2.2; spectral norm: Miyato et al. 2018).
    """

    def __init__(self, width: int = 64) -> None:
        super().__init__()

        def conv(inside: int, outside: int, stride: int) -> nn.Module:
            return spectral_norm(nn.Conv2d(inside, outside, 4 if stride == 2 else 3, stride, 1))

        self.layers = nn.ModuleList(
            (
                conv(18, width, 1),
                conv(width, 2 * width, 2),
                conv(2 * width, 4 * width, 2),
                conv(4 * width, 4 * width, 1),
            )
        )
        self.score = spectral_norm(nn.Conv2d(4 * width, 1, 3, padding=1))

    def forward(self, L: Tensor, ab: Tensor) -> Tensor:
        """``L`` [N,1,4h,4w] 0..100 and ``ab`` [N,2,h,w] -> scores, one a patch."""
        x = torch.cat([F.pixel_unshuffle(L / 50 - 1, 4), ab / AB_SCALE], dim=1)
        for layer in self.layers:
            x = F.leaky_relu(layer(x), 0.2)
        score: Tensor = self.score(x)
        return score


class DiscriminatorOutput(NamedTuple):
    """What a discriminator makes of pictures: a raw score each ``[N]``, and the features of its middle layer."""

    score: Tensor
    middle: Tensor


Space = Literal["lab", "rgb"]


def discriminator_input(L: Tensor, ab: Tensor, space: Space = "lab") -> Tensor:
    """Join lightness and chroma into what a discriminator looks at, all in -1..1.

    Args:
        L: ``[N,1,h,w]``, 0..100.
        ab: ``[N,2,h,w]`` in CIELAB units.
        space: ``lab``: (L / 50 - 1, ab / 110); ``rgb``: sRGB x 2 - 1, clipped as a screen would (no gradient
            flows from outside of the gamut).
    """
    if space == "lab":
        return torch.cat([L / 50 - 1, ab / AB_LIMIT], dim=1)
    return kornia.color.lab_to_rgb(torch.cat([L, ab], dim=1).float()) * 2 - 1


class Trunk(nn.Module):
    """Strided convolutions, the mirror of the generator's: 128 px -> 32 (64), 64 (32), ... 512 (4x4).

    Kernel 4, stride 2, leaky ReLU 0.2; no batch norm or layer norm behind the first (DCGAN, section 3).
    """

    def __init__(self, size: int, width: int, normalization: str, attention: bool = False) -> None:
        super().__init__()
        channels = widths(size, width)[::-1]
        self.channels = channels[-1]
        self.middle = len(channels) // 2  # layers before the middle features
        layers: list[nn.Module] = []
        inside, side = 3, size
        for number, outside in enumerate(channels):
            first = "none" if number == 0 and normalization != "spectral" else normalization
            conv = nn.Conv2d(inside, outside, 4, 2, 1, bias=first != "batch")
            layer = nn.Sequential(*normalized(conv, outside, first), nn.LeakyReLU(0.2))
            side //= 2
            if attention and side == size // 4:
                layer.append(SelfAttention(outside))
            layers.append(layer)
            inside = outside
        self.layers = nn.ModuleList(layers)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Pictures ``[N,3,S,S]`` in -1..1 -> features of the middle layer, and the last ``[N,C,4,4]``."""
        middle = x
        for number, layer in enumerate(self.layers):
            x = layer(x)
            if number == self.middle:
                middle = x
        return middle, x


class Discriminator(nn.Module):
    """Real or ours? One raw score a picture, no sigmoid.

    Args:
        size: side of the pictures in px, 4 or 6 times a power of two, from 32 up.
        width: channels of the finest map.
        normalization: ``spectral``, ``batch``, ``layer`` or ``none``: what the objective needs.
        attention: self-attention at a quarter of the size, as in SAGAN.
    """

    def __init__(
        self, size: int = 128, width: int = 32, normalization: str = "spectral", attention: bool = False
    ) -> None:
        super().__init__()
        self.trunk = Trunk(size, width, normalization, attention)
        last = nn.Conv2d(self.trunk.channels, 1, first_side(size), 1, 0)
        self.score = spectral_norm(last) if normalization == "spectral" else last

    def forward(self, pictures: Tensor) -> DiscriminatorOutput:
        """Pictures ``[N,3,S,S]`` as :func:`discriminator_input` gives them -> :class:`DiscriminatorOutput`."""
        middle, last = self.trunk(pictures)
        return DiscriminatorOutput(self.score(last).flatten(), middle)


class CodeDiscriminator(nn.Sequential):
    """A multilayer perceptron on the latent code: from the prior, or from the encoder (Makhzani et al. 2015)."""

    def __init__(self, latent: int, width: int = 1000) -> None:
        super().__init__(
            nn.Linear(latent, width), nn.LeakyReLU(0.2), nn.Linear(width, width), nn.LeakyReLU(0.2), nn.Linear(width, 1)
        )
