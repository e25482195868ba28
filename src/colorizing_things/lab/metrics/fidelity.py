"""PSNR and SSIM on 8-bit RGB."""

from __future__ import annotations

from functools import cache

import torch
import torch.nn.functional as F
from torch import Tensor

from .base import Family, FamilyMetric, Figure, Pair, Record, column, number

PSNR_OF_IDENTICAL = 100.0  # dB; a mean cannot hold infinity
WINDOW, WINDOW_SIGMA = 11, 1.5
K1, K2 = 0.01, 0.03


def psnr(prediction: Tensor, truth: Tensor) -> Tensor:
    """Peak signal-to-noise ratio in dB over all RGB values: uint8 ``[...,3,H,W]`` twice -> ``[...]``.

    10 log10(255^2 / MSE), higher is better, at most 100 (that of identical pictures, by our definition). Over
    a set: the mean of the pictures' values, not the value of a pooled MSE.

    Examples:
        >>> picture = torch.full((3, 16, 16), 128, dtype=torch.uint8)
        >>> float(psnr(picture, picture)), round(float(psnr(picture, picture + 1)), 2)
        (100.0, 48.13)
    """
    mse = (prediction.float() - truth.float()).square().mean((-3, -2, -1))
    return (10 * torch.log10(255**2 / mse.clamp_min(1e-9))).clamp_max(PSNR_OF_IDENTICAL)


def ssim(prediction: Tensor, truth: Tensor) -> Tensor:
    """Structural similarity, mean over the RGB channels: uint8 ``[...,3,H,W]`` twice -> ``[...]``.

    -1..1, higher is better (Wang et al. 2004): Gaussian window 11 x 11 of sigma 1.5, K1 .01, K2 .03, edges
    reflected, as torchmetrics has it; here the window is applied as two 1-D ones, which is several times
    faster. As lightness is given, every colorizer scores about .9.

    Examples:
        >>> picture = torch.full((3, 16, 16), 128, dtype=torch.uint8)
        >>> round(float(ssim(picture, picture)), 3)
        1.0
    """
    shape = prediction.shape[:-3]
    x, y = (t.reshape(-1, *t.shape[-2:]).float() / 255 for t in (prediction, truth))
    size = len(x)
    moments = _blur(torch.cat([x, y, x * x, y * y, x * y])).split(size)
    mx, my = moments[0], moments[1]
    vx, vy = (moments[2] - mx * mx).clamp_min(0), (moments[3] - my * my).clamp_min(0)
    cov = moments[4] - mx * my
    c1, c2 = K1**2, K2**2
    score = ((2 * mx * my + c1) * (2 * cov + c2)) / ((mx * mx + my * my + c1) * (vx + vy + c2))
    means: Tensor = score.mean((-2, -1)).reshape(*shape, 3).mean(-1)
    return means


@cache
def _window() -> list[float]:
    offset = torch.arange(WINDOW) - WINDOW // 2
    weight = torch.exp(-(offset**2) / (2 * WINDOW_SIGMA**2))
    return [float(w) for w in weight / weight.sum()]


def _blur(x: Tensor) -> Tensor:
    """Gaussian window with reflected edges: ``[N,H,W]`` -> ``[N,H,W]``.

    Sums of shifted views: on the CPU twenty times as fast as a convolution with one channel.
    """
    x = F.pad(x[:, None], [WINDOW // 2] * 4, mode="reflect")[:, 0]
    for dim in (-2, -1):
        size = x.shape[dim] - WINDOW + 1
        total = torch.zeros_like(x.narrow(dim, 0, size))
        for shift, weight in enumerate(_window()):
            total.add_(x.narrow(dim, shift, size), alpha=weight)
        x = total
    return x


def _measure(pair: Pair) -> Record:
    return {
        "psnr": number(psnr(pair.prediction, pair.truth)),
        "ssim": number(ssim(pair.prediction, pair.truth)),
    }


FAMILY = Family(
    "fidelity",
    (
        Figure(
            "psnr",
            "PSNR",
            "higher",
            "Peak signal-to-noise ratio in dB over all RGB values, mean over pictures. 0 to 100 (identical "
            "pictures). It rewards pale, safe colours.",
            column("psnr"),
            ranks_pictures=True,
        ),
        Figure(
            "ssim",
            "SSIM",
            "higher",
            "Structural similarity of RGB (Wang et al. 2004; Gaussian 11 x 11, sigma 1.5). -1 to 1. Weak "
            "here: lightness is given, so everything scores about .9.",
            column("ssim"),
            digits=3,
        ),
    ),
    _measure,
)


class Fidelity(FamilyMetric):
    """PSNR and SSIM as a torchmetrics metric."""

    family = FAMILY
