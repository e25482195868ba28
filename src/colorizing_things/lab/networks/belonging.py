"""Which places belong to one thing: keys and queries whose product says it, for hints that keep to their object.

As in CondInst (Tian et al. 2020): each place makes the filter that, run over all places, gives the mask of the thing
that lies there. Beside it a term falls with the distance, so that two things that look the same can be told apart.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

LENGTH = 32  # of a key
WIDTH, BLOCKS = 96, 3
UNIT = 28.0  # cells: distances are seen in units of the shorter side of a picture at its default size
FALL = 4.0  # how fast the chance falls off with the distance at first, in those units


class Belonging(nn.Module):
    """What the flow's encoder has seen -> keys and queries at stride 8.

    Args:
        tokens: channels of the features at stride 16.
        fine: channels of the features at stride 8.
    """

    def __init__(self, tokens: int, fine: int) -> None:
        super().__init__()
        self.from_tokens, self.from_fine = nn.Conv2d(tokens, WIDTH, 1), nn.Conv2d(fine, WIDTH, 1)
        self.wide = nn.Conv2d(WIDTH, WIDTH, 3, padding=1)
        self.blocks = nn.ModuleList(
            nn.Sequential(
                nn.GELU(), nn.Conv2d(WIDTH, WIDTH, 3, padding=1), nn.GELU(), nn.Conv2d(WIDTH, WIDTH, 3, padding=1)
            )
            for _ in range(BLOCKS)
        )
        self.keys, self.queries = nn.Conv2d(WIDTH, LENGTH, 1), nn.Conv2d(WIDTH, LENGTH + 2, 1)

    def forward(self, tokens: Tensor, fine: Tensor) -> tuple[Tensor, Tensor]:
        """``[N,tokens,h/2,w/2]``, ``[N,fine,h,w]`` -> keys ``[N,32,h,w]``, queries ``[N,34,h,w]`` (:func:`logits`)."""
        y = self.from_tokens(tokens)
        y = y + self.wide(F.gelu(y))
        y = F.interpolate(y, scale_factor=2.0, mode="bilinear", align_corners=False) + self.from_fine(fine)
        for block in self.blocks:
            y = y + block(y)
        y = F.gelu(y)
        asked, bias, falling = self.queries(y).split([LENGTH, 1, 1], 1)
        scale = 2 / math.sqrt(LENGTH)
        falling = FALL * F.softplus(falling) / UNIT**2
        return self.keys(y), torch.cat([asked * scale, bias, falling], 1)


def logits(keys: Tensor, queries: Tensor, places: Tensor) -> Tensor:
    """Log odds that each place belongs to the thing that lies at a given one.

    Args:
        keys: ``[N,C,h,w]``.
        queries: ``[N,C+2,h,w]``.
        places: number of the given one, row by row, int ``[N]``.

    Returns:
        ``[N,1,h,w]``.
    """
    _, length, height, width = keys.shape
    query = queries.flatten(2).gather(2, places.view(-1, 1, 1).expand(-1, queries.shape[1], 1))[..., None]
    rows = torch.arange(height, device=keys.device).view(1, 1, -1, 1)
    columns = torch.arange(width, device=keys.device).view(1, 1, 1, -1)
    row, column = (places // width).view(-1, 1, 1, 1), (places % width).view(-1, 1, 1, 1)
    far = (rows - row) ** 2 + (columns - column) ** 2
    product = (query[:, :length] * keys).sum(1, keepdim=True)
    return product + query[:, length : length + 1] - query[:, length + 1 :] * far
