"""Squared error at three sharpnesses (Ryan Dahl, Automatic Colorization, 2016)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def gaussian_blur(x: Tensor, size: int) -> Tensor:
    """Blur each channel of ``[N,C,H,W]`` by a ``size`` x ``size`` Gaussian, zeros beyond the border.

    The published code does not state the deviation; ours grows with the size as OpenCV's default does (0.8 for
    3, 1.1 for 5).
    """
    sigma = 0.3 * ((size - 1) / 2 - 1) + 0.8
    line = torch.exp(-(torch.arange(size, device=x.device) - size // 2).square() / (2 * sigma**2)).to(x.dtype)
    line = line / line.sum()
    kernel = (line[:, None] * line).expand(x.shape[1], 1, size, size)
    return F.conv2d(x, kernel, padding=size // 2, groups=x.shape[1])


def squared_error(predicted: Tensor, target: Tensor) -> Tensor:
    """Squared Euclidean distance over the channels, mean over pixels: ``[N,C,H,W]`` both."""
    return (predicted - target).square().sum(1).mean()


def blurred_squared_error(predicted: Tensor, target: Tensor) -> Tensor:
    """Mean of the squared errors as they are, after a 3 x 3 and after a 5 x 5 blur of both."""
    difference = predicted - target  # a blur is linear: that of the difference is the difference of the blurs
    parts = [difference, gaussian_blur(difference, 3), gaussian_blur(difference, 5)]
    return sum((part.square().sum(1).mean() for part in parts), start=predicted.new_zeros(())) / 3
