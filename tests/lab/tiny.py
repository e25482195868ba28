"""Methods without the loop: one stage of a recipe, tiny, and a batch of noise to learn from."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from lightning_fabric import Fabric

from colorizing_things.lab.config.recipe import Stage
from colorizing_things.lab.data.batches import Batch
from colorizing_things.lab.methods import METHODS, Method
from colorizing_things.lab.networks import build
from colorizing_things.lab.recipes.load import load_recipe
from colorizing_things.lab.training.loop import rates

PRIOR = np.full(313, 1 / 313)
# Small enough for a step to take a blink; what a recipe is about stays as it says.
TINY: dict[str, list[str]] = {
    "mobile-unet": [
        "size=64", "weights=none", "queries=2", "query_layers=3", "query_width=8", "network_settings.widths=[8, 8, 8]",
    ],
    "bottleneck": ["size=32", "weights=none", "network_settings.width=0.125", "generator_width=4", "code_width=32",
                   "method_settings.width=4"],
    "conditional-vae": ["size=32", "weights=none", "network_settings.width=0.125", "generator_width=4",
                        "method_settings.width=4"],
    "unet-sagan": ["size=64", "weights=none", "network_settings.width=0.125",
                   "network_settings.widths=[16, 16, 16, 8]", "method_settings.width=8"],
    "gray-classifier": ["size=64", "network_settings.width=0.125", "teacher_size=32"],
}  # fmt: skip
TINY["z-alone"] = [setting for setting in TINY["bottleneck"] if not setting.startswith("code")]


def tiny_stage(name: str, *more: str) -> Stage:
    """The first stage of a packaged recipe, made tiny."""
    network = load_recipe(name).stages[0].network
    key = "z-alone" if name.endswith("z-alone") else network
    return load_recipe(name, ["batch_size=2", *TINY[key], *more]).stages[0]


def make_method(stage: Stage, fabric: Fabric | None = None) -> Method:
    """The method of a stage with a fresh network, on the CPU in fp32."""
    torch.manual_seed(0)
    fabric = fabric or Fabric(accelerator="cpu", devices=1, precision="32-true")
    network = build(stage.network, size=stage.size, **stage.network_settings)
    return METHODS[stage.method](fabric, network, rates(stage), PRIOR, size=stage.size, **stage.method_settings)


def make_batch(stage: Stage, seed: int = 0, number: int | None = None) -> Batch:
    """Smooth noise: lightness 0..100, chroma within 60 ab units."""
    generator = torch.Generator().manual_seed(seed)
    count, side = number or stage.batch_size, stage.size
    coarse = torch.rand(count, 3, side // 8, side // 8, generator=generator)
    fine = torch.nn.functional.interpolate(coarse, size=(side, side), mode="bilinear")
    L, ab = fine[:, :1] * 100, (fine[:, 1:] - 0.5) * 120
    return Batch(L, torch.nn.functional.avg_pool2d(ab, stage.target_stride), L)


def steps(method: Method, stage: Stage, count: int) -> list[dict[str, Any]]:
    """Some steps on one batch; what each logged."""
    batch, logged = make_batch(stage), []
    for number in range(count):
        torch.manual_seed(number)
        method.step_number = number
        logged.append({name: float(value) for name, value in (method.step(batch) | method.gradient_norms).items()})
    return logged
