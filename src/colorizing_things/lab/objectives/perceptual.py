"""How different two pictures look to a network that knows objects (Johnson et al. 2016; Zhang et al. 2018)."""

from __future__ import annotations

import kornia.color
import torch
import torch.nn.functional as F
from torch import Tensor, nn

SHRINK = 2  # the pictures are looked at so many times smaller than the lightness: chroma is no finer


def join(L: Tensor, ab: Tensor) -> Tensor:
    """Lightness and a field of chroma -> pictures at ``1 / SHRINK`` of the lightness's size.

    Args:
        L: ``[N,1,H,W]``, 0..100.
        ab: ``[N,2,h,w]`` in CIELAB units, of any size.

    Returns:
        sRGB 0..1 ``[N,3,H/2,W/2]``; out of gamut clipped, with no gradient there.
    """
    small = F.avg_pool2d(L, SHRINK)
    field = F.interpolate(ab.float(), size=small.shape[-2:], mode="bilinear", align_corners=False)
    return kornia.color.lab_to_rgb(torch.cat([small, field], dim=1))


def perceptual_distance(network: nn.Module, predicted: Tensor, real: Tensor) -> Tensor:
    """Mean over layers, places and pictures of the squared distance of unit-length features.

    LPIPS without its learned weights (Zhang et al. 2018, eq. 1, w = 1).

    Args:
        network: pictures -> list of features ``[N,C,h,w]``.
        predicted: sRGB 0..1 ``[N,3,H,W]``; gradients flow to it.
        real: the same.
    """
    with torch.no_grad():
        targets = network(real)
    layers = []
    for found, wanted in zip(network(predicted), targets, strict=True):
        layers.append((unit(found) - unit(wanted)).square().sum(1).mean())
    return torch.stack(layers).mean()


def unit(features: Tensor) -> Tensor:
    """Features of length 1 at each place, in fp32."""
    return F.normalize(features.float(), dim=1, eps=1e-6)
