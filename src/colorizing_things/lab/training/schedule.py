"""The schedule of the learning rate."""

from __future__ import annotations

import math

from colorizing_things.lab.config.recipe import Stage


def schedule(step: int, stage: Stage) -> float:
    """Share of the base rate at a step: linear warm-up, then a cosine down to ``final_lr``."""
    warm = min(1.0, (step + 1) / max(1, min(stage.optimizer.warmup, stage.steps // 10)))
    cosine = 0.5 * (1 + math.cos(math.pi * step / stage.steps))
    return warm * (stage.optimizer.final_lr + (1 - stage.optimizer.final_lr) * cosine)
