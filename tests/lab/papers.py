"""Recipes of the reproduced papers without the loop: a method ready to step, and what comes of two steps."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from lightning_fabric import Fabric

from colorizing_things.lab.color.ab_bins import ab_bins
from colorizing_things.lab.config.recipe import Stage
from colorizing_things.lab.data.batches import Batch
from colorizing_things.lab.decoding.graph import Graph
from colorizing_things.lab.methods import METHODS, Method
from colorizing_things.lab.networks import build
from colorizing_things.lab.recipes.load import load_recipe

PRIOR = np.exp(-np.square(ab_bins() / 25).sum(1)) + 1e-6  # grey is common, as in photographs
PRIOR /= PRIOR.sum()


def make_batch(stage: Stage, seed: int = 0) -> Batch:
    """Random but colourful: blobs of chroma, and lightness that goes with them."""
    generator = torch.Generator().manual_seed(seed)
    coarse = torch.randn(stage.data.batch_size, 3, 4, 4, generator=generator)
    fine = torch.nn.functional.interpolate(coarse, size=(stage.data.size, stage.data.size), mode="bilinear")
    L = (60 + 12 * fine[:, :1]).clamp(30, 90)
    return Batch(L, torch.nn.functional.avg_pool2d(fine[:, 1:] * 20, stage.data.target_stride), L)


def make_method(name: str, overrides: list[str]) -> tuple[Method, Stage]:
    """The method of a recipe with a fresh network, on the CPU in fp32; and the recipe's stage."""
    stage = load_recipe(name, overrides).stages[0]
    torch.manual_seed(0)
    network = build(stage.network.name, size=stage.data.size, **stage.network.settings)
    fabric = Fabric(accelerator="cpu", devices=1, precision="32-true")
    return METHODS[stage.method.name](fabric, network, stage, PRIOR), stage


def two_steps(name: str, overrides: list[str]) -> tuple[Method, dict[str, torch.Tensor]]:
    """Two steps; every parameter that learns has a gradient after the second and has moved, and no other has."""
    method, stage = make_method(name, overrides)
    before = {key: p.detach().clone() for key, p in method.network.named_parameters()}
    for step in range(2):
        losses = method.step(make_batch(stage, step))
        assert all(value.isfinite() and not value.requires_grad for value in losses.values())
    for key, parameter in method.network.named_parameters():
        if parameter.requires_grad:
            assert parameter.grad is not None and parameter.grad.abs().sum() > 0, key
        assert torch.equal(parameter, before[key]) != parameter.requires_grad, key
    return method, losses


def make_graph(method: Method, name: str, overrides: list[str] | None = None) -> Graph:
    """What the recipe's network is as something that colours."""
    recipe = load_recipe(name, overrides)
    stage = recipe.stages[0]
    network = method.network.module.eval()
    return METHODS[stage.method.name].graph(network, PRIOR, stage.method.settings, recipe.decoding)
