"""Discriminators: real chroma or ours?"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from .mobile_unet import AB_SCALE


class ChromaPatches(nn.Module):
    """A spectrally normalised patch discriminator at the chroma's own resolution, conditioned on lightness.

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
        return self.score(x)
