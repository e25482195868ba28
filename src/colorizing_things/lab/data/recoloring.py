"""Wilful recoloring: one thing of a picture in another colour, so that a hint's colour reaches all of that thing.

The thing is a segment: what is alike in the true colours and lightness and hangs together with a place drawn at
random. Nothing outside of it changes.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from .chance import Chance

SMALLEST, LARGEST = 0.02, 0.4  # share of the picture that a segment may be; others are left alone
STEPS, STEP = 28, 5  # of the flood, and how wide it looks at each, in cells: across gaps of one cell
RELIEF = 0.5  # how much of a segment's own differences in colour is kept


class Recolored(NamedTuple):
    """Pictures with one segment in another colour.

    Attributes:
        ab: ``[N,2,h,w]``, CIELAB units.
        segment: share of each 4 x 4 cells that is in the segment, ``[N,1,h/4,w/4]``, 0..1; 0 where none was found.
    """

    ab: Tensor
    segment: Tensor


def recolor(ab: Tensor, L: Tensor, chance: Chance) -> Recolored:
    """Give a segment of each picture another colour, where one of a fit size is found.

    Args:
        ab: true colours ``[N,2,h,w]``, CIELAB units, sides multiples of 4.
        L: true lightness ``[N,1,h,w]``, 0..100.
        chance: all randomness comes from here.
    """
    small_ab, small_L = (F.avg_pool2d(field.float(), 2) for field in (ab, L))
    segment = flood_fill(small_ab, small_L, chance.place(*small_ab.shape[-2:]), chance)
    share = segment.mean((2, 3), keepdim=True)
    segment = segment * ((share > SMALLEST) & (share < LARGEST))
    mean = (small_ab * segment).sum((2, 3), keepdim=True) / segment.sum((2, 3), keepdim=True).clamp_min(1)
    hue, chroma = chance.uniform(0, 2 * math.pi), chance.uniform(12, 57)
    new = torch.cat([chroma * hue.cos(), chroma * hue.sin()], 1) + RELIEF * (ab - mean)
    soft = F.interpolate(segment, scale_factor=2.0, mode="bilinear", align_corners=False).to(ab.dtype)
    return Recolored(torch.lerp(ab, new.to(ab.dtype), soft), F.avg_pool2d(segment, 2))


def flood_fill(ab: Tensor, L: Tensor, place: Tensor, chance: Chance) -> Tensor:
    """What is like a place, and hangs together with it: 0 or 1, ``[N,1,h,w]``.

    Args:
        ab: ``[N,2,h,w]``, CIELAB units.
        L: ``[N,1,h,w]``, 0..100.
        place: of each picture, counted row by row, int ``[N]``.
        chance: of how alike is alike.
    """
    count, _, height, width = ab.shape
    start = place.view(-1, 1, 1)

    def there(field: Tensor) -> Tensor:
        return field.flatten(2).gather(2, start.expand(-1, field.shape[1], 1))[..., None]

    far = (ab - there(F.avg_pool2d(ab, 3, 1, 1))).norm(dim=1, keepdim=True)
    alike = (far < chance.uniform(5, 15)) & ((L - there(L)).abs() < chance.uniform(12, 40))
    reached = torch.zeros(count, 1, height * width, device=ab.device, dtype=ab.dtype)
    reached = reached.scatter_(2, start, 1).view(count, 1, height, width)
    reached = F.max_pool2d(reached, 3, 1, 1)
    for _ in range(STEPS):
        reached = F.max_pool2d(reached, STEP, 1, STEP // 2) * alike
    return -F.max_pool2d(-F.max_pool2d(reached, 3, 1, 1), 3, 1, 1)  # closed: a speckle is of the thing too
