"""The schedule of the learning rate, and the moving average of the weights."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from colorizing_things.lab.config.recipe import Stage


def schedule(step: int, stage: Stage) -> float:
    """Share of the base rate at a step: linear warm-up, then a cosine down to ``final_lr``."""
    warm = min(1.0, (step + 1) / max(1, min(stage.optimizer.warmup, stage.steps // 10)))
    cosine = 0.5 * (1 + math.cos(math.pi * step / stage.steps))
    return warm * (stage.optimizer.final_lr + (1 - stage.optimizer.final_lr) * cosine)


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
