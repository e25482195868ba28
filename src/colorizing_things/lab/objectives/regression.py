"""Losses on the ab values themselves."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor


def smooth_l1(ab: Tensor, target: Tensor, weight: Tensor | None = None) -> Tensor:
    """Smooth L1 (Huber, delta 1 ab unit), summed over a and b, mean over pixels.

    Args:
        ab: ``[N,2,h,w]`` in CIELAB units.
        target: the same.
        weight: ``[N,h,w]``, optional, e.g. the rarity of the target's colour.

    Examples:
        >>> import torch
        >>> float(smooth_l1(torch.full((1, 2, 4, 4), 3.0), torch.zeros(1, 2, 4, 4)))
        5.0
    """
    loss = F.smooth_l1_loss(ab, target, reduction="none").sum(1)
    return (loss if weight is None else loss * weight).mean()


def chroma_spread(ab: Tensor, target: Tensor) -> Tensor:
    """Mean over pictures of |spread(ab) - spread(target)|: the root mean square chroma, in CIELAB units.

    Examples:
        >>> import torch
        >>> pale, bold = torch.full((1, 2, 4, 4), 3.0), torch.full((1, 2, 4, 4), 30.0)
        >>> round(float(chroma_spread(pale, bold)), 2)
        38.18
    """

    def spread(x: Tensor) -> Tensor:
        return x.square().sum(1).mean((1, 2)).clamp_min(1e-4).sqrt()

    return (spread(ab) - spread(target)).abs().mean()


def within_radius(ab: Tensor, target: Tensor, radius: float = 10.0) -> Tensor:
    """1 where the ab error is under ``radius``, else 0: ``[N,1,h,w]``. What the confidence predicts.

    Examples:
        >>> import torch
        >>> within_radius(torch.full((1, 2, 1, 1), 3.0), torch.zeros(1, 2, 1, 1)).item()
        1.0
    """
    return ((ab - target).square().sum(1, keepdim=True) < radius**2).float()
