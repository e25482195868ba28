"""The variational autoencoders of Deshpande et al.: Learning Diverse Image Colorization (CVPR 2017).

They encode colour fields of 64 x 64 into 64 numbers, and decode those with the help of the grey picture: either
of its gradients alone, or, with skips, of a grey encoder's features. Layers without skips are the TensorFlow
release's, with skips the author's PyTorch port's (aditya12agd5/divcolor and pytorch_divcolor) but for the colour
encoder, which is the former's throughout; initialisation is torch's own, as in the port, but for the last batch norm.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from colorizing_things.errors import SettingError
from colorizing_things.lab.objectives.principal_components import PrincipalComponents
from colorizing_things.lab.objectives.variational import reparameterize

FIELD = 64  # side of a colour field
LATENT = 64  # length of a code
AB_SCALE = 128.0  # a field is ab / 128
COMPONENTS = 20  # principal components of the Mahalanobis term
START = 0.12  # of the last batch norm: fields begin as colourful as photographs, not five times that
DROPOUT = 0.3  # the release keeps .7; the port's Dropout(.7) would keep .3, which reads like a slip


class VAEOutput(NamedTuple):
    """``field`` [N,2,64,64] in ab / 128; mean and log variance of the code, ``[N,64]``."""

    field: Tensor
    mean: Tensor
    log_variance: Tensor


def squared(L: Tensor, side: int) -> Tensor:
    """Lightness of any size and shape -> ``[N,1,side,side]``, squeezed into a square as the paper does."""
    # In fp32: a CPU cannot do this in bf16.
    return F.interpolate(L.float(), size=(side, side), mode="bilinear", antialias=True, align_corners=False)


def check_width(width: float) -> None:
    """Widths are factors on the paper's channel counts."""
    if not 0 < width <= 4:
        raise SettingError(f"width {width}: must be above 0 and at most 4 (1 is the paper's)")


def scaled(width: float, *channels: int) -> list[int]:
    """``channels`` times ``width``, as multiples of 4 and at least 4."""
    return [max(4, round(c * width / 4) * 4) for c in channels]


def _norm(channels: int) -> nn.BatchNorm2d:
    """Batch norm as in the release: decay .99, epsilon 1e-4."""
    return nn.BatchNorm2d(channels, eps=1e-4, momentum=0.01)


def _layer(inside: int, outside: int, kernel: int, stride: int = 1) -> nn.Sequential:
    """Convolution, ReLU, batch norm, in this order; an even kernel is padded one more below and right."""
    low, high = (kernel - 1) // 2, kernel // 2
    if stride == 2:
        low, high = (kernel - 1) // 2, (kernel - 1) // 2
    pad = nn.ZeroPad2d((low, high, low, high))
    return nn.Sequential(pad, nn.Conv2d(inside, outside, kernel, stride), nn.ReLU(), _norm(outside))


def _double(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)


class FieldEncoder(nn.Module):
    """A field (and, for the conditional one, lightness) -> mean and log variance of its code."""

    def __init__(self, inside: int, width: float) -> None:
        super().__init__()
        a, b, c, d = scaled(width, 128, 256, 512, 1024)
        self.layers = nn.Sequential(_layer(inside, a, 5, 2), _layer(a, b, 5, 2), _layer(b, c, 5, 2), _layer(c, d, 4, 2))
        self.dropout = nn.Dropout(DROPOUT)
        self.code = nn.Linear(16 * d, 2 * LATENT)

    def forward(self, field: Tensor) -> tuple[Tensor, Tensor]:
        """``[N,2 or 3,64,64]`` -> two of ``[N,64]``."""
        mean, log_variance = self.code(self.dropout(self.layers(field).flatten(1))).chunk(2, dim=1)
        return mean, log_variance


class GradientDecoder(nn.Module):
    """A code -> a field; of the grey picture it sees the vertical and horizontal gradients at 16 and 32."""

    def __init__(self, width: float) -> None:
        super().__init__()
        a, b, c, d = scaled(width, 1024, 512, 256, 128)
        self.layer4, self.layer8 = _layer(LATENT, a, 4), _layer(a, b, 5)
        self.layer16, self.layer32 = _layer(b + 2, c, 5), _layer(c + 2, d, 5)
        self.out = nn.Sequential(nn.Conv2d(d, 2, 5, padding=2), _norm(2))
        nn.init.constant_(self.out[1].weight, START)  # type: ignore[arg-type]

    def forward(self, z: Tensor, gray: Tensor) -> Tensor:
        """``z`` [N,64] and ``gray`` [N,1,64,64] in -1..1 -> ``[N,2,64,64]`` in -1..1."""
        x = self.layer8(_double(self.layer4(z[:, :, None, None].expand(-1, -1, 4, 4))))
        x = self.layer16(torch.cat([_double(x), gradients(gray, 16)], dim=1))
        x = self.layer32(torch.cat([_double(x), gradients(gray, 32)], dim=1))
        return torch.tanh(self.out(_double(x)))


def gradients(gray: Tensor, side: int) -> Tensor:
    """Vertical and horizontal differences of ``gray`` resized to ``side``: ``[N,2,side,side]``, zeros first."""
    small = F.interpolate(gray, size=(side, side), mode="bilinear", align_corners=False)
    down = F.pad(small[:, :, 1:] - small[:, :, :-1], (0, 0, 1, 0))
    across = F.pad(small[..., 1:] - small[..., :-1], (1, 0, 0, 0))
    return torch.cat([down, across], dim=1)


class SkipDecoder(nn.Module):
    """A code -> a field, joined at 4, 8, 16 and 32 by features of a grey encoder."""

    def __init__(self, width: float) -> None:
        super().__init__()
        a, b, c, d = scaled(width, 128, 256, 512, 1024)
        (last,) = scaled(width, 64)
        self.gray = nn.ModuleList((_layer(1, a, 5, 2), _layer(a, b, 5, 2), _layer(b, c, 5, 2), _layer(c, d, 3, 2)))
        self.layer4, self.layer8 = _layer(d + LATENT, c, 3), _layer(2 * c, b, 5)
        self.layer16, self.layer32 = _layer(2 * b, a, 5), _layer(2 * a, last, 5)
        self.out = nn.Conv2d(last, 2, 5, padding=2)

    def forward(self, z: Tensor, gray: Tensor) -> Tensor:
        """``z`` [N,64] and ``gray`` [N,1,64,64] in -1..1 -> ``[N,2,64,64]`` in -1..1."""
        features = []
        for layer in self.gray:
            gray = layer(gray)
            features.append(gray)
        g32, g16, g8, g4 = features
        x = self.layer4(torch.cat([z[:, :, None, None].expand(-1, -1, 4, 4), g4], dim=1))
        for layer, skip in ((self.layer8, g8), (self.layer16, g16), (self.layer32, g32)):
            x = layer(torch.cat([_double(x), skip], dim=1))
        return torch.tanh(self.out(_double(x)))


class Deshpande2017VAE(nn.Module):
    """The autoencoder of colour fields.

    Args:
        width: factor on every channel count; 1 is the paper's. Codes keep their 64 numbers.
        skips: decode with a grey encoder's features; without, with the grey gradients.
    """

    stride = 4
    latent = LATENT
    sees_gray = False

    def __init__(self, width: float = 1.0, skips: bool = False) -> None:
        super().__init__()
        check_width(width)
        self.encode = FieldEncoder(3 if self.sees_gray else 2, width)
        self.decoder = SkipDecoder(width) if skips else GradientDecoder(width)
        # of the training set's fields, for the loss alone: kept here so that a resumed run has them
        self.fields = PrincipalComponents(COMPONENTS, 2 * FIELD * FIELD)

    @staticmethod
    def check(width: float = 1.0, **_: object) -> None:
        """Say what is wrong with the settings, before anything is built."""
        check_width(width)

    def forward(self, L: Tensor, ab: Tensor) -> VAEOutput:
        """Lightness ``[N,1,H,W]`` in 0..100 and ab ``[N,2,64,64]`` in CIELAB units, through a drawn code."""
        mean, log_variance = self.posterior(L, ab)
        z = reparameterize(mean, log_variance, torch.randn_like(mean))
        return VAEOutput(self.decoder(z, self.gray(L)), mean, log_variance)

    def posterior(self, L: Tensor, ab: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log variance of the code of a field, two of ``[N,64]``."""
        field = ab / AB_SCALE
        mean, log_variance = self.encode(torch.cat([field, self.gray(L)], dim=1) if self.sees_gray else field)
        return mean, log_variance

    def decode(self, z: Tensor, L: Tensor) -> Tensor:
        """Codes ``[N,64]`` and lightness ``[N,1,H,W]`` -> ab ``[N,2,64,64]`` in CIELAB units."""
        ab: Tensor = self.decoder(z, self.gray(L)).float() * AB_SCALE
        return ab

    def modes(self, L: Tensor) -> tuple[Tensor, Tensor, float]:
        """The prior N(0, I) as a mixture of one: weights ``[N,1]``, means ``[N,1,64]`` and the deviation."""
        zero = L.new_zeros(L.shape[0], 1, LATENT)
        return zero[..., 0] + 1, zero, 1.0

    @staticmethod
    def gray(L: Tensor) -> Tensor:
        """Lightness in 0..100 -> ``[N,1,64,64]`` in -1..1."""
        return squared(L, FIELD) / 50 - 1


class Deshpande2017CVAE(Deshpande2017VAE):
    """The conditional baseline: its encoder sees lightness too, and codes are drawn from N(0, I) at test.

    The decoder is the one with skips. What the paper's baseline looks like inside could not be confirmed: the
    third input channel is our choice (Sohn et al. 2015: q(z | x, y)).

    Args:
        width: factor on every channel count; 1 is the paper's.
    """

    sees_gray = True

    def __init__(self, width: float = 1.0) -> None:
        super().__init__(width, skips=True)
