"""The picture through a bottleneck: an encoder, a latent vector of 100, a generator that sees nothing else."""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from colorizing_things.errors import SettingError

from .encoders import build_encoder, check_encoder
from .generators import Generator, check_size, widths
from .normalization import check_normalization


class Code(NamedTuple):
    """A latent code: its mean ``[N,d]``, the log of its variance (None: deterministic), and content maps."""

    mean: Tensor
    log_variance: Tensor | None
    content: list[Tensor]


def check_latent(latent: int) -> None:
    """Raise a SettingError unless there can be a code of this length."""
    if latent < 1:
        raise SettingError(f"latent {latent}: must be 1 or more")


class Bottleneck(nn.Module):
    """Encoder -> z -> generator, the seed's own drawing: all that is known of the picture passes through z.

    A hundred numbers cannot carry the edges of a 128 px field; expect soft blobs of colour in the right places.

    Args:
        size: side of the square that goes in and comes out, px; 4 or 6 times a power of two, from 32 up.
        encoder: ``vgg16``, ``vgg19``, ``resnet152`` or ``mobilenet-v2``.
        weights: of the encoder: ``imagenet``, ``distilled``, ``none``, a file or ``default``: :func:`.build_encoder`.
        width: factor on the encoder's channels; 1 is the published one.
        latent: length of z.
        variational: give a variance beside the mean: a VAE's code rather than an autoencoder's.
        generator_width: channels of the generator's finest map.
        normalization: of the generator; with ``batch`` a deterministic code is normalized over the batch too, each
            number to mean 0 and deviation 1. An adversary that sees one code at a time cannot ask for that: left to
            it alone, all pictures get nearly one code, and that looks like a draw from N(0, I).
        lightness: let the generator see lightness beside z at every step: not the text's own drawing, and sharper.
    """

    output_stride = 1

    def __init__(
        self, size: int = 128, encoder: str = "vgg16", weights: str = "default", width: float = 1.0, latent: int = 100,
        variational: bool = False, generator_width: int = 32, normalization: str = "batch", lightness: bool = False,
    ) -> None:  # fmt: skip
        super().__init__()
        check_latent(latent)
        check_size(size)
        self.fixed_size, self.latent, self.variational = size, latent, variational
        self.encoder = build_encoder(encoder, weights, width)
        cells = (size // 32) ** 2
        # Flattened, not pooled: where the sky is matters as much as that there is one.
        self.to_code = nn.Linear(self.encoder.channels[-1] * cells, latent * (2 if variational else 1))  # type: ignore
        over_batch = normalization == "batch" and not variational
        self.code_norm = nn.BatchNorm1d(latent, affine=False) if over_batch else nn.Identity()
        self.generator = Generator(latent, size, generator_width, normalization=normalization, lightness=lightness)

    @staticmethod
    def check(
        size: int, encoder: str = "vgg16", weights: str = "default", width: float = 1.0, latent: int = 100,
        generator_width: int = 32, normalization: str = "batch", **_: object,
    ) -> None:  # fmt: skip
        """Say what is wrong with the settings, before anything is built."""
        widths(size, generator_width)
        check_normalization(normalization)
        check_latent(latent)
        check_encoder(encoder, weights, width)

    def maps(self, L: Tensor) -> list[Tensor]:
        """Lightness -> the encoder's deepest map."""
        return [self.encoder(L)[-1]]

    def encode(self, L: Tensor, ab: Tensor | None = None, maps: list[Tensor] | None = None) -> Code:
        """Lightness ``[N,1,S,S]`` in 0..100, or what :meth:`maps` made of it, -> its code; ``ab`` is not looked at."""
        (deepest,) = self.maps(L) if maps is None else maps
        # Of one scale: ImageNet's features may be in the hundreds, and would outrun any learning rate.
        code = self.to_code(F.layer_norm(deepest, deepest.shape[1:]).flatten(1)).float()
        seen = [L] if self.generator.lightness else []
        if not self.variational:
            return Code(self.code_norm(code), None, seen)
        mean, log_variance = code.chunk(2, dim=1)
        return Code(mean, log_variance, seen)

    def generate(self, z: Tensor, content: list[Tensor]) -> Tensor:
        """A code, and lightness where the generator sees it, -> ab ``[N,2,S,S]`` in CIELAB units."""
        ab: Tensor = self.generator(z, L=content[0] if content else None)
        return ab

    def forward(self, L: Tensor, z: Tensor | None = None) -> Tensor:
        """Colour: lightness ``[N,1,S,S]`` -> ab ``[N,2,S,S]``; with ``z`` [N,d] that code moves the picture's own."""
        code = self.encode(L)
        return self.generate(code.mean if z is None else code.mean + self.deviation(code) * z, code.content)

    def deviation(self, code: Code) -> Tensor:
        """Standard deviation of a code, ``[N,d]``; 0 where it is deterministic."""
        return torch.zeros_like(code.mean) if code.log_variance is None else (0.5 * code.log_variance).exp()
