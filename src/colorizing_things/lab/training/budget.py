"""A recipe within a budget of wall time: its stages are scaled to what the machine does, once, before it begins."""

from __future__ import annotations

import re
import time

import numpy as np
import numpy.typing as npt
import torch
from lightning_fabric import Fabric

from colorizing_things.errors import SettingError
from colorizing_things.lab.config.recipe import Recipe, Stage
from colorizing_things.lab.data.photographs import Photographs
from colorizing_things.lab.methods import METHODS
from colorizing_things.lab.networks import build

UNTIMED, TIMED = 2, 5  # steps: the first are slower, they allocate and compile
RESERVE = 0.1  # share of the budget for checkpoints, sheets and what is slower than it was in the measurement


def parse_duration(text: str) -> float:
    """``90m``, ``2h``, ``1h30m``, ``45s`` -> seconds.

    Raises:
        SettingError: it is none of that kind.
    """
    found = re.fullmatch(r"(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m)?(?:(\d+(?:\.\d+)?)s)?", text.strip())
    seconds = sum(float(n or 0) * unit for n, unit in zip(found.groups(), (3600, 60, 1), strict=True)) if found else 0
    if not found or seconds <= 0:
        raise SettingError(f"time {text!r}: write it as 90m, 2h, 1h30m or 45s")
    return seconds


def scaled(recipe: Recipe, factor: float) -> Recipe:
    """The recipe with every stage ``factor`` times as long; ``steps_factor`` says so."""
    stages = tuple(stage.model_copy(update={"steps": max(1, round(stage.steps * factor))}) for stage in recipe.stages)
    return recipe.model_copy(update={"stages": stages, "steps_factor": recipe.steps_factor * factor})


def fit_to_time(
    fabric: Fabric, recipe: Recipe, photographs: Photographs, prior: npt.NDArray[np.float64], deadline: float
) -> Recipe:
    """Scale a recipe so that it ends before ``deadline`` (of ``time.monotonic``), by the time a few steps take."""
    needed = sum(stage.steps * seconds_a_step(fabric, stage, photographs, prior) for stage in recipe.stages)
    left = max(0.0, deadline - time.monotonic()) * (1 - RESERVE)
    factor = fabric.broadcast(left / needed)
    return scaled(recipe, float(factor))


def seconds_a_step(fabric: Fabric, stage: Stage, photographs: Photographs, prior: npt.NDArray[np.float64]) -> float:
    """Wall time of one step of a stage, by a network that is thrown away."""
    network = build(stage.network.name, size=stage.data.size, pretrained=False, **stage.network.settings)
    method = METHODS[stage.method.name](fabric, network.to(memory_format=torch.channels_last), stage, prior)  # type: ignore[call-overload]
    with method.batches(photographs, stage.data, stage.seed, fabric.global_rank) as batches:
        for step in range(UNTIMED + TIMED):
            if step == UNTIMED:
                _wait(fabric)
                started = time.monotonic()
            method.step_number = step
            method.step(batches(step).to(fabric.device))
        _wait(fabric)
    return (time.monotonic() - started) / TIMED * stage.optimizer.accumulate


def _wait(fabric: Fabric) -> None:
    if fabric.device.type == "cuda":
        torch.cuda.synchronize(fabric.device)
