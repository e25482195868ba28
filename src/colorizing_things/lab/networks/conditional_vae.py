"""A variational autoencoder of colour, given lightness: what is decoded is a code and what the picture shows."""

from __future__ import annotations

from torch import Tensor, nn

from colorizing_things.errors import SettingError

from .bottleneck import Bottleneck, Code
from .discriminators import Trunk, discriminator_input
from .encoders import build_encoder
from .generators import Generator, first_side


class ConditionalVAE(nn.Module):
    """A VAE of colour given lightness: the code says which colours, the encoder's maps say of what.

    In training a small convolutional encoder sees (L, ab) and gives q(z | L, ab); the generator takes z and
    the grey encoder's deepest maps. At test z comes from the prior N(0, I): its mean for one colouring, draws
    for several (Larsen et al. 2015, made conditional as in Sohn et al. 2015).

    Args:
        size: side of the square that goes in and comes out, px; 4 or 6 times a power of two, from 32 up.
        encoder: ``vgg16``, ``vgg19``, ``resnet152`` or ``mobilenet-v2``.
        weights: of the encoder: ``imagenet``, ``distilled``, ``none``, a file or ``default``: :func:`.build_encoder`.
        width: factor on the encoder's channels; 1 is the published one.
        latent: length of z.
        content: how many of the encoder's maps the generator joins, 1 to 3, from the deepest, at sides 4, 8 and 16.
        generator_width: channels of the finest map of the generator, and of the encoder of (L, ab).
        normalization: of the generator, and of the encoder of (L, ab).
    """

    output_stride = 1

    def __init__(
        self, size: int = 128, encoder: str = "vgg16", weights: str = "default", width: float = 1.0, latent: int = 100,
        content: int = 3, generator_width: int = 32, normalization: str = "batch",
    ) -> None:  # fmt: skip
        super().__init__()
        self.check(size, encoder, weights, width, latent, content, generator_width, normalization)
        self.fixed_size, self.latent, self.content = size, latent, content
        self.encoder = build_encoder(encoder, weights, width)
        channels = tuple(self.encoder.channels[::-1][:content])  # type: ignore[index]
        self.posterior = Trunk(size, generator_width, normalization)
        self.to_code = nn.Linear(self.posterior.channels * first_side(size) ** 2, 2 * latent)
        self.generator = Generator(latent, size, generator_width, channels, normalization)

    @staticmethod
    def check(
        size: int, encoder: str = "vgg16", weights: str = "default", width: float = 1.0, latent: int = 100,
        content: int = 3, generator_width: int = 32, normalization: str = "batch",
    ) -> None:  # fmt: skip
        """Say what is wrong with the settings, before anything is built."""
        Bottleneck.check(size, encoder, weights, width, latent, generator_width, normalization)
        if not 1 <= content <= 3:
            raise SettingError(f"content {content}: 1 to 3 maps; for none take network bottleneck, variational: true")

    def maps(self, L: Tensor) -> list[Tensor]:
        """Lightness -> the encoder's deepest maps, coarse to fine."""
        deepest: list[Tensor] = self.encoder(L)[::-1][: self.content]
        return deepest

    def encode(self, L: Tensor, ab: Tensor, maps: list[Tensor] | None = None) -> Code:
        """Lightness and chroma ``[N,1,S,S]``, ``[N,2,S,S]`` -> q(z | L, ab) and L's :meth:`maps`."""
        _, last = self.posterior(discriminator_input(L, ab))
        mean, log_variance = self.to_code(last.flatten(1)).float().chunk(2, dim=1)
        return Code(mean, log_variance, self.maps(L) if maps is None else maps)

    def generate(self, z: Tensor, content: list[Tensor]) -> Tensor:
        """A code and content maps -> ab ``[N,2,S,S]`` in CIELAB units."""
        ab: Tensor = self.generator(z, content)
        return ab

    def forward(self, L: Tensor, z: Tensor | None = None) -> Tensor:
        """Colour: lightness ``[N,1,S,S]`` -> ab ``[N,2,S,S]``, for a draw ``z`` [N,d] of N(0, I) or its mean."""
        return self.generate(L.new_zeros(L.shape[0], self.latent) if z is None else z, self.maps(L))
