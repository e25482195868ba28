"""Classes over u* and v* apart: two distributions of evenly spaced bins, not one of pairs.

Hwang & Zhou, Image Colorization with Deep Convolutional Neural Networks (CS231n 2016). Edges run over what sRGB
can show; the number of bins is a setting. Two separate softmaxes cannot say "this pair or that pair": where a
place may be green or purple, u* and v* may be drawn from different answers. That is a limit of the method.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from colorizing_things.lab.color.luv_numpy import U_RANGE, V_RANGE

LOW = (U_RANGE[0], V_RANGE[0])
SPAN = (U_RANGE[1] - U_RANGE[0], V_RANGE[1] - V_RANGE[0])


def uv_centers(bins: int) -> Tensor:
    """Centres of the bins in CIELUV units, ``[2, bins]``: of u*, then of v*."""
    middle = (torch.arange(bins) + 0.5) / bins
    return torch.stack([low + span * middle for low, span in zip(LOW, SPAN, strict=True)])


def uv_index(uv: Tensor, bins: int) -> Tensor:
    """``uv`` [N,2,H,W] in CIELUV units -> index of each one's bin, 0..bins - 1; beyond the edges, the last one."""
    low, span = (uv.new_tensor(x).view(1, 2, 1, 1) for x in (LOW, SPAN))
    return ((uv - low) / span * bins).floor().long().clamp(0, bins - 1)


def uv_cross_entropy(logits: Tensor, index: Tensor) -> Tensor:
    """Cross-entropy of u* plus that of v*, mean over pixels: logits ``[N,2*bins,H,W]``, index ``[N,2,H,W]``."""
    return sum(
        (F.cross_entropy(part.float(), index[:, i]) for i, part in enumerate(logits.chunk(2, dim=1))),
        start=logits.new_zeros((), dtype=torch.float32),
    )


def annealed_uv(logits: Tensor, centers: Tensor, temperature: float) -> Tensor:
    """Annealed mean of each distribution (Zhang et al. 2016, eq. 5): ``[N,2*bins,H,W]`` -> ``[N,2,H,W]``."""
    probability = torch.softmax(logits.unflatten(1, (2, -1)).float() / temperature, dim=2)
    return (probability * centers[None, :, :, None, None]).sum(2)
