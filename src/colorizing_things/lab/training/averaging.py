"""The moving average of the weights."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


def warmed_average(decay: float) -> Any:
    """Exponential moving average whose memory grows to ``decay``, so that early steps are soon forgotten."""

    @torch.no_grad()
    def update(average: list[Tensor], current: list[Tensor], count: Tensor | int) -> None:
        weight = 1 - min(decay, (1 + int(count)) / (10 + int(count)))
        for kept, new in zip(average, current, strict=True):
            if kept.is_floating_point():
                kept.lerp_(new.to(kept.dtype), weight)
            else:
                kept.copy_(new)

    return update
