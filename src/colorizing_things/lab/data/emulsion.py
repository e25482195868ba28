"""What old film saw: the lightness of a colour photograph as a plate of its time would have kept it.

Plates to about 1906 were sensitive to blue alone (white skies, dark lips, weathered skin), orthochromatic ones to
about 1925 to blue and green (red is black), panchromatic film later to all. Simulated as in Luo et al. 2021
(Time-Travel Rephotography): a weighted sum of linear R, G and B, brought through the sRGB curve to L.
"""

from __future__ import annotations

from collections.abc import Sequence

import kornia.color
import numpy as np
import torch
from torch import Tensor

from colorizing_things.color.spaces import lab_f, srgb_to_linear
from colorizing_things.errors import SettingError
from colorizing_things.types import FloatArray

Weights = tuple[float, float, float]  # of linear R, G and B; they sum to 1, so that white stays white

PLATES: dict[str, Weights] = {
    "blue": (0.0, 0.0, 1.0),  # to about 1906
    "ortho": (0.0, 0.5, 0.5),  # to about 1925, in amateurs' cameras to 1950
    "pan": (0.212671, 0.715160, 0.072169),  # luminance: what a black-and-white copy of today shows
}
OLD_PLATES = {"blue": 0.26, "ortho": 0.34, "pan": 0.4}  # how often each is drawn, where an old one is
EVEN: Weights = (0.30, 0.35, 0.35)  # the bluest panchromatic film that is drawn


def plate_weights(name: str) -> Weights:
    """Weights of a plate by its name.

    Raises:
        SettingError: no such plate.
    """
    if name not in PLATES:
        raise SettingError(f"plate {name!r}: choose {', '.join(PLATES)}")
    return PLATES[name]


def lightness_on_plate(rgb: FloatArray, weights: Sequence[float]) -> FloatArray:
    """L* that a plate keeps of a picture.

    Args:
        rgb: sRGB ``[..., 3]``, encoded, 0..1.
        weights: of linear R, G and B.

    Returns:
        L* ``[...]``, 0..100.
    """
    return 116 * lab_f(srgb_to_linear(rgb) @ np.asarray(weights, np.float64)) - 16


def lightness_on_plates(rgb: Tensor, weights: Tensor) -> Tensor:
    """:func:`lightness_on_plate` of a batch, each picture on a plate of its own, on any device.

    Args:
        rgb: sRGB ``[N,3,H,W]``, encoded, 0..1, float.
        weights: of linear R, G and B, ``[N,3]``.

    Returns:
        L* ``[N,1,H,W]``, 0..100.
    """
    light = torch.einsum("nchw,nc->nhw", kornia.color.rgb_to_linear_rgb(rgb), weights.to(rgb))[:, None]
    root = light.clamp_min(0.008856).pow(1 / 3)  # CIELAB's f, with its straight toe
    return 116 * torch.where(light > 0.008856, root, 7.787 * light + 16 / 116) - 16


def exposed(rgb: Tensor, weights: Tensor, share: Tensor) -> Tensor:
    """Weights of plates that were exposed as long as they need: no photographer leaves a blue plate dark.

    Args:
        rgb: sRGB ``[N,3,H,W]``, encoded, 0..1, float.
        weights: of linear R, G and B, ``[N,3]``.
        share: how much of the light that the plate lacks is made up for, 0..1, ``[N]``.

    Returns:
        Weights ``[N,3]`` that need not sum to 1.
    """
    light = kornia.color.rgb_to_linear_rgb(rgb.float()).mean((2, 3))
    own, usual = (light * weights).sum(1), (light * light.new_tensor(PLATES["pan"])).sum(1)
    return weights * ((usual / own.clamp_min(1e-3)).clamp(1 / 3, 3) ** share)[:, None]


def draw_plates(rng: np.random.Generator, count: int, old: float) -> FloatArray:
    """Weights ``[count, 3]`` of plates to train on: a share ``old`` of an older kind, the others today's luminance."""
    kinds = rng.choice(list(OLD_PLATES), count, p=list(OLD_PLATES.values()))
    is_old = rng.random(count) < old
    return np.array([draw_weights(rng, kind) if o else PLATES["pan"] for kind, o in zip(kinds, is_old, strict=True)])


def draw_weights(rng: np.random.Generator, plate: str) -> Weights:
    """A plate like those of that name, no two quite alike: for training.

    Blue-sensitive ones leak up to a tenth of green; of orthochromatic ones the share of blue is .3 to .7, with up
    to .05 of red; panchromatic ones lie between luminance and even thirds, some still heavy in blue.

    Raises:
        SettingError: no such plate.
    """
    red, green, blue = plate_weights(plate)
    if plate == "blue":
        green = rng.uniform(0, 0.1)
    elif plate == "ortho":
        blue = rng.uniform(0.3, 0.7)
        green, red = 1 - blue, rng.uniform(0, 0.05)
    else:
        share = rng.uniform(0, 1)
        red, green, blue = (w + share * (even - w) for w, even in zip((red, green, blue), EVEN, strict=True))
    total = red + green + blue
    return red / total, green / total, blue / total
