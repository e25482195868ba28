"""Photographs -> batches of crops of any shape, cut on the device that trains.

What is brought there is the pictures as they are kept, uint8, and where to cut; scaling, colours and whatever is done
to them happens to the whole batch at once. Each batch is a pure function of the seed and the step.
"""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

from colorizing_things.errors import TrainingError
from colorizing_things.types import FloatArray

from .batches import BatchMaker
from .emulsion import draw_plates
from .limbs import Limbs

CELL = 32  # px: sides of a batch are multiples of it
CHOICE = 3  # times as many pictures are drawn as are needed, and those whose shape suits the batch's are preferred
LARGER = 1.3  # power on a uniform number: crops are rather large than small


class Crops(NamedTuple):
    """One batch, not yet cut.

    Attributes:
        pixels: sRGB uint8 ``[N,3,S,S]``, each picture in the upper left corner.
        boxes: top, left, height and width of the crop in px, ``[N,4]``.
        mirrored: bool ``[N]``.
        plates: on which the pictures are seen: weights of linear R, G and B, ``[N,3]``.
        height, width: that the crops are brought to, px.
        limbs: how sure it is that somebody's limb is there, 0..1, ``[N,1,S,S]``; None where nobody has looked.
    """

    pixels: Tensor
    boxes: Tensor
    mirrored: Tensor
    plates: Tensor
    height: int
    width: int
    limbs: Tensor | None = None

    def to(self, device: torch.device) -> Crops:
        """The same on a device."""
        pixels, boxes, mirrored, plates = (field.to(device, non_blocking=True) for field in self[:4])
        limbs = None if self.limbs is None else self.limbs.to(device, non_blocking=True)
        return Crops(pixels, boxes, mirrored, plates, self.height, self.width, limbs)


class CropBatches(BatchMaker[Crops]):
    """Crops of one shape a batch, of pictures that rather have that shape, each with the plate that it is seen on."""

    def draw(self, rng: np.random.Generator) -> Crops:
        """Random crops of random pictures."""
        settings, sizes = self.settings, self.photographs.shapes
        height, width = shape_of(settings.size, float(rng.choice(settings.aspects)))
        drawn = rng.choice(len(sizes), settings.batch_size * CHOICE, p=self.probability)
        indices = drawn[np.argsort(_turned(sizes[drawn], height, width), kind="stable")][: settings.batch_size]
        boxes = draw_boxes(sizes[indices], height, width, settings.min_crop, rng)
        mirrored = rng.random(len(indices)) < 0.5
        plates = draw_plates(rng, len(indices), settings.old_plates)
        where, film = (torch.from_numpy(numbers).float() for numbers in (boxes, plates))
        pixels = self._pixels(indices)
        limbs = self._limbs.planes(self.photographs, indices, pixels.shape[-1]) if self._limbs else None
        return Crops(pixels, where, torch.from_numpy(mirrored), film, height, width, limbs)

    @cached_property
    def _limbs(self) -> Limbs | None:
        if not self.settings.limbs:
            return None
        limbs = Limbs(Path(self.settings.limbs))
        if not limbs.known(self.photographs):
            raise TrainingError(
                f"limbs {self.settings.limbs}: knows none of these photographs; make it of the same ones, "
                "at the side that data.stored says"
            )
        return limbs

    def _pixels(self, indices: npt.NDArray[np.integer]) -> Tensor:
        side = int(self.photographs.shapes[indices].max()) + 1
        pixels = torch.zeros(len(indices), 3, side, side, dtype=torch.uint8)
        for place, index in zip(pixels, indices, strict=True):
            # One more row and column: what bilinear looks at beyond the edge.
            picture = np.pad(self.photographs[int(index)], ((0, 1), (0, 1), (0, 0)), mode="edge")
            place[:, : picture.shape[0], : picture.shape[1]] = torch.from_numpy(picture).permute(2, 0, 1)
        return pixels


def shape_of(size: int, aspect: float) -> tuple[int, int]:
    """Height and width of a shape whose shorter side is ``size``, in whole cells of 32 px."""
    longer = max(CELL, round(size * max(aspect, 1 / aspect) / CELL) * CELL)
    return (size, longer) if aspect >= 1 else (longer, size)


def _turned(sizes: npt.NDArray[np.integer], height: int, width: int) -> npt.NDArray[np.bool_]:
    """Which pictures are upright where the batch lies, or lie where it is upright."""
    return (sizes[:, 1] - sizes[:, 0]) * (width - height) < 0


def draw_boxes(
    sizes: npt.NDArray[np.integer], height: int, width: int, min_crop: float, rng: np.random.Generator
) -> FloatArray:
    """Boxes of a shape within pictures: top, left, height and width, px ``[N,4]``.

    Args:
        sizes: height and width of the pictures, ``[N,2]``.
        height, width: the shape.
        min_crop: the smallest, as a share of the largest that fits.
        rng: all randomness comes from here.
    """
    count = len(sizes)
    scale = (sizes / (height, width)).min(1) * (1 - (1 - min_crop) * rng.random(count) ** LARGER)
    box = scale[:, None] * (height, width)
    return np.concatenate([(sizes - box) * rng.random((count, 2)), box], 1)


def cut(crops: Crops) -> Tensor:
    """The crops at their size: sRGB ``[N,3,height,width]``, float 0..1."""
    return cut_planes(crops.pixels.float() / 255, crops)


def cut_planes(planes: Tensor, crops: Crops) -> Tensor:
    """What belongs to the pictures as they are kept, ``[N,C,S,S]``, at the size of the crops.

    Bilinear, without a low pass: what is kept is hardly larger than what is seen.
    """
    side = crops.pixels.shape[-1]
    top, left, height, width = crops.boxes.unbind(1)
    affine = torch.zeros(len(crops.boxes), 2, 3, device=crops.boxes.device)
    affine[:, 0, 0] = torch.where(crops.mirrored, -width, width) / side
    affine[:, 1, 1] = height / side
    affine[:, 0, 2], affine[:, 1, 2] = (2 * left + width) / side - 1, (2 * top + height) / side - 1
    grid = F.affine_grid(affine, [len(affine), 1, crops.height, crops.width], align_corners=False)
    return F.grid_sample(planes, grid, mode="bilinear", padding_mode="border", align_corners=False)
