"""Photographs with the outlines of what is in them: numbered regions, beside pictures of the same names."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

from colorizing_things.errors import PictureError

from .reading import read_whole

PICTURES, REGIONS = "images", "seg"  # folders, as the data set SYSU-Scene has them
NAMES = "*.png"
ENLARGED = 1.3  # times the crop's size, at most, that a picture is brought to before it is cut


class OutlinedBatch(NamedTuple):
    """Crops and what is in them.

    Attributes:
        rgb: sRGB ``[N,3,H,W]``, float 0..1.
        regions: number of the region that each place belongs to, ``[N,1,H,W]``, float; 0: of none.
    """

    rgb: Tensor
    regions: Tensor


class OutlinedPictures:
    """A folder with ``images/NAME.jpg`` and ``seg/NAME.png``, in which each number is a kind of thing and 0 is none."""

    def __init__(self, folder: Path) -> None:
        """List the pairs.

        Raises:
            PictureError: no pair there.
        """
        regions = sorted((folder / REGIONS).glob(NAMES))
        pictures = [folder / PICTURES / f"{path.stem}.jpg" for path in regions]
        self.pairs = [pair for pair in zip(pictures, regions, strict=True) if pair[0].exists()]
        if not self.pairs:
            raise PictureError(f"{folder}: holds no {PICTURES}/NAME.jpg with a {REGIONS}/NAME.png")

    def draw(self, count: int, height: int, width: int, rng: np.random.Generator) -> OutlinedBatch:
        """Random crops of random pictures, some of them mirrored.

        Raises:
            PictureError: a picture that cannot be read, or one of another size than its regions.
        """
        chosen = rng.choice(len(self.pairs), count)
        found = [_crop(*_read(*self.pairs[index]), height, width, rng) for index in chosen]
        rgb, regions = (torch.stack(part) for part in zip(*found, strict=True))
        return OutlinedBatch(rgb, regions)


def _read(picture: Path, regions: Path) -> tuple[Tensor, Tensor]:
    rgb, numbers = (_planes(read_whole(path.read_bytes(), path.name)) for path in (picture, regions))
    if rgb.shape[1:] != numbers.shape[1:]:
        raise PictureError(f"{regions}: is not of the size of {picture.name}")
    return rgb / 255, numbers[:1]


def _planes(pixels: npt.NDArray[np.uint8]) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(pixels)).permute(2, 0, 1).float()


def _crop(rgb: Tensor, regions: Tensor, height: int, width: int, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Both brought to a size a little over the crop's, and cut alike."""
    scale = max(height / rgb.shape[1], width / rgb.shape[2]) * rng.uniform(1, ENLARGED)
    size = tuple(max(least, round(side * scale)) for side, least in zip(rgb.shape[1:], (height, width), strict=True))
    rgb = F.interpolate(rgb[None], size, mode="bilinear", align_corners=False, antialias=True)[0]
    regions = F.interpolate(regions[None], size, mode="nearest-exact")[0]
    top, left = (int(rng.integers(side - least + 1)) for side, least in zip(size, (height, width), strict=True))
    both = torch.cat([rgb, regions])[:, top : top + height, left : left + width]
    both = both.flip(2) if rng.random() < 0.5 else both
    return both[:3], both[3:]
