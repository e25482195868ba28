"""A U-Net with self-attention and spectral norm: the end of the line that converged."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from colorizing_things.errors import SettingError

from .encoders import build_encoder, check_encoder
from .generators import AB_LIMIT, START
from .normalization import check_normalization, normalized
from .self_attention import SelfAttention


class UNetSAGAN(nn.Module):
    """Encoder, skips at strides 16 to 2, self-attention at stride 4, ab at stride 2.

    U-Net after Ronneberger et al. 2015; attention and spectral norm in the generator too after Zhang et al.
    2018 (SAGAN, section 3 and 4.1); upsampling is bilinear before each convolution, so no checkerboard.

    Args:
        encoder: ``vgg16``, ``vgg19``, ``resnet152`` or ``mobilenet-v2``.
        weights: of the encoder: ``imagenet``, ``distilled``, ``none``, a file or ``default``: :func:`.build_encoder`.
        width: factor on the encoder's channels; 1 is the published one.
        widths: channels of the decoder at strides 16, 8, 4 and 2.
        attention: whether there is self-attention.
        normalization: behind the spectrally normalized convolutions of the decoder: ``batch`` or ``none``.
    """

    stride = 32
    output_stride = 2

    def __init__(
        self, encoder: str = "vgg16", weights: str = "default", width: float = 1.0,
        widths: tuple[int, int, int, int] = (256, 192, 128, 64), attention: bool = True, normalization: str = "batch",
    ) -> None:  # fmt: skip
        super().__init__()
        self.check(0, encoder, weights, width, widths, normalization=normalization)
        self.encoder = build_encoder(encoder, weights, width)
        *skips, inside = self.encoder.channels  # type: ignore[misc]
        blocks = []
        for skip, outside in zip(reversed(skips), widths, strict=True):
            layer = nn.Conv2d(inside + skip, outside, 3, padding=1, bias=normalization != "batch")
            conv = normalized(layer, outside, "spectral")
            norm = nn.BatchNorm2d(outside) if normalization == "batch" else nn.Identity()
            blocks.append(nn.Sequential(*conv, norm, nn.ReLU()))
            inside = outside
        self.blocks = nn.ModuleList(blocks)
        self.attention = SelfAttention(widths[2]) if attention else nn.Identity()
        self.to_ab = nn.Conv2d(inside, 2, 3, padding=1)
        nn.init.normal_(self.to_ab.weight, 0.0, START)

    @staticmethod
    def check(
        size: int, encoder: str = "vgg16", weights: str = "default", width: float = 1.0,
        widths: tuple[int, ...] = (256, 192, 128, 64), normalization: str = "batch", **_: object,
    ) -> None:  # fmt: skip
        """Say what is wrong with the settings, before anything is built."""
        check_encoder(encoder, weights, width)
        check_normalization(normalization)
        if normalization not in ("batch", "none"):
            raise SettingError(f"normalization {normalization!r}: batch or none; spectral norm is there in any case")
        if len(widths) != 4 or min(widths) < 1:
            raise SettingError(f"widths {list(widths)}: four channel numbers, for strides 16, 8, 4 and 2")

    def forward(self, L: Tensor) -> Tensor:
        """Lightness ``[N,1,H,W]`` in 0..100, multiples of 32 -> ab ``[N,2,H/2,W/2]`` within +-110 CIELAB units."""
        features = self.encoder(L)
        x = features[-1]
        for number, (block, skip) in enumerate(zip(self.blocks, features[-2::-1], strict=True)):
            x = F.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)
            x = block(torch.cat([x, skip], dim=1))
            if number == 2:
                x = self.attention(x)
        return torch.tanh(self.to_ab(x).float()) * AB_LIMIT
