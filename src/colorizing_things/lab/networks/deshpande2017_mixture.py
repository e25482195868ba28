"""The mixture density network of Deshpande et al. (CVPR 2017), section 4: a grey picture -> codes of its colours.

Layers are those of the author's PyTorch port. It is trained on top of a trained autoencoder and of trained grey
features, both frozen; all three lie in one network, so that what is exported colours by itself.
"""

from __future__ import annotations

from typing import NamedTuple, Self

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from colorizing_things.errors import SettingError
from colorizing_things.lab.objectives.variational import reparameterize

from .deshpande2017 import DROPOUT, LATENT, Deshpande2017VAE, check_width, scaled, squared
from .mobilenet import MobileNetV2
from .zhang2016 import Zhang2016

MIXTURES = 8  # components
DEVIATION = 0.1  # of each component, fixed


class Mixture(NamedTuple):
    """Logits ``[N,8]`` and means ``[N,8,64]`` of the components, and the codes ``z`` [N,64] that they should hit."""

    logits: Tensor
    means: Tensor
    z: Tensor


class MobileFeatures(MobileNetV2):
    """MobileNetV2's features at stride 16, doubled to the grid of stride 8 that the mixture network expects."""

    feature_channels = MobileNetV2.channels[3]

    def features(self, L: Tensor) -> Tensor:
        """Lightness ``[N,1,H,W]``, multiples of 32 -> ``[N,96,H/8,W/8]``."""
        return F.interpolate(super().forward(L)[3], scale_factor=2.0, mode="bilinear", align_corners=False)


FEATURES = ("zhang2016", "mobilenet-v2")


class Deshpande2017MDN(nn.Module):
    """Lightness -> a mixture of 8 Gaussians over codes; codes -> colours, by the frozen autoencoder.

    Args:
        width: factor on the mixture network's channels; 1 is the paper's.
        vae_width, skips: of the autoencoder, as it was trained.
        features: ``zhang2016`` (the paper's: conv7_3) or the packaged ``mobilenet-v2``.
        features_width: of zhang2016, as it was trained.
        gray_size: px, the square that the features are taken from; a multiple of 32; the paper's is 224.
    """

    stride = 4
    latent = LATENT

    def __init__(
        self, width: float = 1.0, vae_width: float = 1.0, skips: bool = False, features: str = "zhang2016",
        features_width: float = 1.0, gray_size: int = 224,
    ) -> None:  # fmt: skip
        super().__init__()
        self.check(width, vae_width, skips, features, features_width, gray_size)
        self.gray_size = gray_size
        self.features = Zhang2016(features_width) if features == "zhang2016" else MobileFeatures()
        self.vae = Deshpande2017VAE(vae_width, skips)
        for part in self.frozen:
            part.requires_grad_(False)
        layers: list[nn.Module] = []
        inside = int(self.features.feature_channels)
        channels = scaled(width, 384, 320, 288, 256, 128, 96, 64)
        for outside, stride in zip(channels, (1, 1, 1, 2, 1, 2, 2), strict=True):
            layers += [nn.Conv2d(inside, outside, 5, stride, 2), nn.ReLU(), nn.BatchNorm2d(outside)]
            inside = outside
        side = -(-gray_size // 64)
        self.layers = nn.Sequential(*layers, nn.Flatten(), nn.Dropout(DROPOUT))
        self.mixture = nn.Linear(inside * side * side, MIXTURES * (LATENT + 1))
        self.train()

    @staticmethod
    def check(
        width: float = 1.0, vae_width: float = 1.0, skips: bool = False, features: str = "zhang2016",
        features_width: float = 1.0, gray_size: int = 224, **_: object,
    ) -> None:  # fmt: skip
        """Say what is wrong with the settings, before anything is built."""
        for share in (width, vae_width, features_width):
            check_width(share)
        if features not in FEATURES:
            raise SettingError(f"features {features!r}: choose {', '.join(FEATURES)}")
        if gray_size <= 0 or gray_size % 32:
            raise SettingError(f"gray_size {gray_size}: must be a multiple of 32")

    @property
    def frozen(self) -> tuple[nn.Module, nn.Module]:
        """The parts that were trained before, and do not learn here."""
        return self.features, self.vae

    def train(self, mode: bool = True) -> Self:
        """As ever, but what is frozen stays in eval mode: no dropout, and batch norm as it was trained."""
        super().train(mode)
        for part in self.frozen:
            part.eval()
        return self

    def components(self, L: Tensor) -> tuple[Tensor, Tensor]:
        """Lightness ``[N,1,H,W]`` -> logits ``[N,8]`` and means ``[N,8,64]``."""
        with torch.no_grad():
            gray = self.features.features(squared(L, self.gray_size))
        answer = self.mixture(self.layers(gray))
        return answer[:, MIXTURES * LATENT :], answer[:, : MIXTURES * LATENT].unflatten(1, (MIXTURES, LATENT))

    def forward(self, L: Tensor, ab: Tensor) -> Mixture:
        """Lightness ``[N,1,H,W]`` in 0..100 and ab ``[N,2,64,64]``: the mixture, and a draw of the true code."""
        with torch.no_grad():
            mean, log_variance = self.vae.posterior(L, ab)
            z = reparameterize(mean, log_variance, torch.randn_like(mean))
        return Mixture(*self.components(L), z)

    def decode(self, z: Tensor, L: Tensor) -> Tensor:
        """Codes ``[N,64]`` and lightness ``[N,1,H,W]`` -> ab ``[N,2,64,64]`` in CIELAB units."""
        return self.vae.decode(z, L)

    def modes(self, L: Tensor) -> tuple[Tensor, Tensor, float]:
        """The mixture, heaviest first: weights ``[N,8]``, means ``[N,8,64]`` and the deviation."""
        logits, means = self.components(L)
        weight, order = torch.softmax(logits.float(), dim=1).topk(MIXTURES, dim=1)
        return weight, means.gather(1, order[:, :, None].expand(-1, -1, LATENT)), DEVIATION
