"""Pictures as planes of L and ab, and back; squares for networks of one size."""

from __future__ import annotations

import kornia.color
import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

from colorizing_things.color.chroma import Chroma
from colorizing_things.color.join import Joiner
from colorizing_things.lab.config.recipe import OUTPUT_STRIDE

UInt8 = npt.NDArray[np.uint8]


def to_lab(rgb: Tensor, stride: int = OUTPUT_STRIDE) -> tuple[Tensor, Tensor]:
    """SRGB uint8 or float 0..1 ``[N,3,H,W]`` -> L ``[N,1,H,W]`` and ab ``[N,2,H/s,W/s]`` (box-averaged).

    Examples:
        >>> L, ab = to_lab(torch.full((1, 3, 16, 24), 255, dtype=torch.uint8))
        >>> L.shape, ab.shape, round(L.max().item())
        (torch.Size([1, 1, 16, 24]), torch.Size([1, 2, 4, 6]), 100)
    """
    scaled = rgb.float() / 255 if rgb.dtype == torch.uint8 else rgb
    lab = kornia.color.rgb_to_lab(scaled)
    return lab[:, :1], F.avg_pool2d(lab[:, 1:], stride)


def join(L: npt.NDArray[np.floating], ab: npt.NDArray[np.floating]) -> UInt8:
    """L ``[H,W]`` and ab ``[2,h,w]`` -> sRGB uint8 ``[H,W,3]``, as the product joins them (:class:`.Joiner`).

    Examples:
        >>> join(np.full((8, 12), 100.0), np.zeros((2, 2, 3)))[0, 0].tolist()
        [255, 255, 255]
    """
    height, width = L.shape
    joiner = Joiner(Chroma(ab.astype(np.float32)), height, width, deep=False)
    return joiner(0, L.astype(np.float32)).astype(np.uint8)


def into_square(planes: Tensor, side: int) -> Tensor:
    """Planes ``[N,C,H,W]``, the longer side brought to ``side`` and the shorter padded to it by reflection."""
    height, width = planes.shape[-2:]
    rows, columns = (max(1, round(n * side / max(height, width))) for n in (height, width))
    small = F.interpolate(planes, size=(rows, columns), mode="bilinear", antialias=True, align_corners=False)
    padding = ((0, 0), (0, 0), (0, side - rows), (0, side - columns))
    return torch.from_numpy(np.pad(small.numpy(), padding, mode="symmetric"))


def out_of_square(planes: Tensor, height: int, width: int) -> Tensor:
    """The way back from :func:`into_square`: planes ``[N,C,S,S]`` -> ``[N,C,height,width]``."""
    side = planes.shape[-1]
    rows, columns = (max(1, round(n * side / max(height, width))) for n in (height, width))
    return F.interpolate(planes[..., :rows, :columns], size=(height, width), mode="bicubic", align_corners=False)
