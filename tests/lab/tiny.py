"""Methods without the loop: one stage of a recipe, tiny, and a batch of noise to learn from."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from lightning_fabric import Fabric

from colorizing_things.lab.config.recipe import Stage
from colorizing_things.lab.data.batches import Batch
from colorizing_things.lab.data.crops import CropBatches, Crops
from colorizing_things.lab.data.emulsion import draw_plates
from colorizing_things.lab.methods import METHODS, Method
from colorizing_things.lab.networks import build
from colorizing_things.lab.recipes.load import load_recipe

PRIOR = np.full(313, 1 / 313)
# Small enough for a step to take a blink; what a recipe is about stays as it says. A network or method that is not
# here is tried at its recipe's own size.
NETWORKS: dict[str, list[str]] = {
    "flow": ["size=64", "network.width=32", "depth=1", "aspects=[1, 1.5]", "batch_size=12", "weights=none"],
    "mobile-unet": [
        "size=64", "weights=none", "queries=2", "query_layers=3", "query_width=8", "network.widths=[8, 8, 8]",
    ],
    "bottleneck": ["size=32", "weights=none", "network.width=0.125", "generator_width=4"],
    "conditional-vae": ["size=32", "weights=none", "network.width=0.125", "generator_width=4"],
    "unet-sagan": ["size=64", "weights=none", "network.width=0.125", "network.widths=[16, 16, 16, 8]"],
    "gray-classifier": ["size=64", "network.width=0.125"],
    "zhang2016": ["size=32", "network.width=0.05"],
    "hwang2016": ["size=32", "network.width=0.1", "network.weights=none"],
    "deshpande2017-vae": ["size=64", "target_stride=1", "network.width=0.03"],
    "deshpande2017-cvae": ["size=64", "target_stride=1", "network.width=0.03"],
    "deshpande2017-mdn": [
        "size=64", "target_stride=1", "network.width=0.03", "vae_width=0.03", "features_width=0.03", "gray_size=128",
        "batch_size=4",  # batch norm of two numbers only knows their order
    ],
}  # fmt: skip
METHOD_SETTINGS: dict[str, list[str]] = {
    "aae": ["code_width=32", "method.width=4"],
    "vaegan": ["method.width=4"],
    "unet-sagan": ["method.width=8"],
    "distil": ["teacher_size=32"],
    "flow": ["wilful=0.5"],
}


def tiny_stage(name: str, *more: str, number: int = 0) -> Stage:
    """A stage of a packaged recipe, made tiny; the first by default."""
    stage = load_recipe(name).stages[number]
    small = [*NETWORKS.get(stage.network.name, []), *METHOD_SETTINGS.get(stage.method.name, [])]
    return load_recipe(name, ["batch_size=2", *small, *more]).stages[number]


def make_method(stage: Stage, fabric: Fabric | None = None) -> Method:
    """The method of a stage with a fresh network, on the CPU in fp32."""
    torch.manual_seed(0)
    fabric = fabric or Fabric(accelerator="cpu", devices=1, precision="32-true")
    network = build(stage.network.name, size=stage.data.size, **stage.network.settings)
    if METHODS[stage.method.name].begins_from_average:  # of a teacher that has something to say
        stir(network)
    return METHODS[stage.method.name](fabric, network, stage, PRIOR)


def stir(network: torch.nn.Module) -> None:
    """Layers that begin at zero say nothing, and nothing passes them on the way back."""
    for parameter in network.parameters():
        if not parameter.detach().any():
            torch.nn.init.normal_(parameter, std=0.1)


def make_batch(stage: Stage, seed: int = 0, number: int | None = None) -> Batch | Crops:
    """Smooth noise: lightness 0..100, chroma within 60 ab units; or pictures of such, to be cut."""
    generator = torch.Generator().manual_seed(seed)
    count, side = number or stage.data.batch_size, stage.data.size
    coarse = torch.rand(count, 3, side // 8, side // 8, generator=generator)
    fine = torch.nn.functional.interpolate(coarse, size=(side, side), mode="bilinear")
    if METHODS[stage.method.name].batches is CropBatches:
        box = torch.tensor([[0.0, 4, side - 8, side - 4]]).expand(count, -1)
        plates = torch.from_numpy(draw_plates(np.random.default_rng(seed), count, 0.5)).float()
        return Crops((fine * 255).byte(), box, torch.arange(count) % 2 == 0, plates, side, side + 32)
    L, ab = fine[:, :1] * 100, (fine[:, 1:] - 0.5) * 120
    return Batch(L, torch.nn.functional.avg_pool2d(ab, stage.data.target_stride), L)


def steps(method: Method, stage: Stage, count: int) -> list[dict[str, Any]]:
    """Some steps on one batch; what each logged."""
    batch, logged = make_batch(stage), []
    for number in range(count):
        torch.manual_seed(number)
        method.step_number = number
        logged.append({name: float(value) for name, value in (method.step(batch) | method.gradient_norms).items()})
    return logged
