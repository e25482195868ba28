"""A recipe and its stages, as data."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Stage:
    """Everything one stretch of training needs; the defaults of every recipe."""

    network: str = "mobile-unet"
    network_settings: dict[str, Any] = field(default_factory=dict)
    method: str = "classes-and-regression"
    method_settings: dict[str, Any] = field(default_factory=dict)
    steps: int = 5000
    size: int = 128  # px, the square that the network sees
    batch_size: int = 32
    source_power: float = 0.6  # a source of n pictures is drawn in proportion to n ** source_power
    min_side: int = 0  # px; smaller pictures are left out
    min_crop: float = 0.65  # share of the shorter side
    degraded: float = 0.3  # share of pictures made to look old
    target_stride: int = 4  # px of input a cell of the target's chroma
    lr: float | None = None  # rates and weight decay are the method's own where a recipe gives none
    encoder_lr: float | None = None
    discriminator_lr: float | None = None
    weight_decay: float | None = None
    warmup: int = 200  # steps
    final_lr: float = 0.02  # share of the rate left at the end of the cosine
    ema: float = 0.999
    seed: int = 0


@dataclass(frozen=True)
class Recipe:
    """A named experiment: one line on what it is, its stages in order, and how the result is decoded."""

    name: str
    summary: str
    stages: tuple[Stage, ...]
    decoding: dict[str, Any] = field(default_factory=dict)
