"""One grey channel into networks that were made for three: lightness to grey, and RGB kernels folded."""

from __future__ import annotations

import torch
from torch import Tensor

from colorizing_things.errors import SettingError

# torchvision's normalization of ImageNet's RGB, 0..1
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
GRAY_MEAN, GRAY_DEVIATION = 0.449, 0.226  # their averages: the one pair that all three channels share here
FOLDS = ("imagenet", "shared")


def lightness_to_gray(L: Tensor) -> Tensor:
    """L* 0..100 -> the neutral sRGB value 0..1 of that lightness (CIE 15:2004; IEC 61966-2-1)."""
    f = (L + 16) / 116
    linear = torch.where(f > 0.2068966, f**3, (f - 16 / 116) / 7.787).clamp(0, 1)
    return torch.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear.clamp_min(1e-8) ** (1 / 2.4) - 0.055)


def normalized_gray(L: Tensor) -> Tensor:
    """L* 0..100 -> grey as torchvision's networks want it, about -2..2.4."""
    return (lightness_to_gray(L) - GRAY_MEAN) / GRAY_DEVIATION


def fold_rgb(weight: Tensor, fold: str = "imagenet") -> tuple[Tensor, Tensor]:
    """Kernels over RGB -> kernels over :func:`normalized_gray` that compute the same on grey pictures.

    Args:
        weight: of a first convolution, ``[K,3,h,w]``.
        fold: ``imagenet``: the RGB network normalises each channel by its own mean and deviation; exact inside
            the picture, not where the kernel reaches into the zero padding (which means "mean colour" there).
            ``shared``: all three channels are normalized alike, so that the sum of the kernels is exact
            everywhere.

    Returns:
        ``[K,1,h,w]``, and the constant ``[K]`` to add to the convolution's output.
    """
    if fold not in FOLDS:
        raise SettingError(f"fold {fold!r}: choose {', '.join(FOLDS)}")
    if fold == "shared":
        return weight.sum(1, keepdim=True), weight.new_zeros(len(weight))
    mean, deviation = weight.new_tensor(MEAN), weight.new_tensor(DEVIATION)
    gray = (weight * (GRAY_DEVIATION / deviation)[None, :, None, None]).sum(1, keepdim=True)
    return gray, (weight.sum((2, 3)) * ((GRAY_MEAN - mean) / deviation)).sum(1)
