"""A recipe within a budget of wall time: its stages are scaled to what the machine does, before and while it runs."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from lightning_fabric import Fabric

from colorizing_things.errors import SettingError
from colorizing_things.lab.config.recipe import Recipe, Stage
from colorizing_things.lab.data.photographs import Photographs
from colorizing_things.lab.methods import METHODS
from colorizing_things.lab.networks import build

TRIED = 3  # steps before a stage begins, of which the last is timed: the first are slower, they allocate and compile
PATIENCE = 0.02  # share of the budget after which a trial of a stage ends with the step that it has done
RESERVE = 0.1  # share of what is left, for checkpoints, sheets and what is slower than it was
FIRST_FIT = 20  # steps of a stage after which its time is reckoned anew, from what they took
NEXT_FIT = 1.25  # and then after so many times as many: a cache is warm by then, or a critic is trained


def parse_duration(text: str) -> float:
    """``90m``, ``2h``, ``1h30m``, ``45s`` -> seconds.

    Raises:
        SettingError: it is none of that kind.

    Examples:
        >>> parse_duration("1h30m")
        5400.0
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


def going_on(recipe: Recipe, saved: dict[str, Any]) -> Recipe:
    """A recipe as long as its run was to be; stages that are done, as long as they were.

    Args:
        recipe: as it is read.
        saved: the run's checkpoint.
    """
    recipe = scaled(recipe, saved["recipe"]["steps_factor"] / recipe.steps_factor)
    return _with_done(recipe, [stage["steps"] for stage in saved["recipe"]["stages"][: saved["stage"]]])


def _with_done(recipe: Recipe, steps: list[int]) -> Recipe:
    done = [stage.model_copy(update={"steps": n}) for stage, n in zip(recipe.stages, steps, strict=False)]
    return recipe.model_copy(update={"stages": (*done, *recipe.stages[len(done) :])})


class Budget:
    """How long the stages of a recipe may be, so that its run ends before a deadline.

    Before the run a step or three of each stage say what a step takes; while it runs, its own steps do: features that
    are found in a cache, a critic that learns before the network, other programs on the machine.

    Args:
        fabric: all processes get the same steps.
        recipe: as it is written.
        seconds: a step of each stage takes.
        deadline: of ``time.monotonic``.
    """

    def __init__(self, fabric: Fabric, recipe: Recipe, seconds: list[float], deadline: float) -> None:
        self.fabric, self.recipe, self.seconds, self.deadline = fabric, recipe, list(seconds), deadline
        self.step, self.next, self.since = 0, FIRST_FIT, time.monotonic()

    def begin(self, recipe: Recipe, number: int) -> Recipe:
        """The recipe that is run, before stage ``number``, whose steps are timed from here on."""
        self.step, self.next, self.since = 0, FIRST_FIT, time.monotonic()
        return self.fit(number, done=[stage.steps for stage in recipe.stages[:number]])

    def fit(self, number: int = 0, step: int = 0, done: Sequence[int] = ()) -> Recipe:
        """The recipe from a step of stage ``number`` on; the stages before it were ``done`` in so many steps."""
        rest = self.recipe.stages[number:]
        needed = sum(stage.steps * seconds for stage, seconds in zip(rest, self.seconds[number:], strict=True))
        left = max(0.0, self.deadline - time.monotonic()) * (1 - RESERVE) + step * self.seconds[number]
        factor = max(left / needed, 1 / max(stage.steps for stage in rest))  # a step at least
        return _with_done(scaled(self.recipe, float(self.fabric.broadcast(factor))), list(done))

    def refit(self, recipe: Recipe, number: int, step: int) -> Recipe:
        """The recipe that is run, after a step of stage ``number``; as long as that stage now seems able to be."""
        if step < self.next:
            return recipe
        _wait(self.fabric)
        now = time.monotonic()
        self.seconds[number] = (now - self.since) / (step - self.step)
        self.step, self.next, self.since = step, math.ceil(step * NEXT_FIT), now
        return self.fit(number, step, [stage.steps for stage in recipe.stages[:number]])


def budget_of(
    fabric: Fabric, recipe: Recipe, photographs: Photographs, prior: npt.NDArray[np.float64], deadline: float
) -> Budget:
    """The budget of a recipe that is to end before ``deadline`` (of ``time.monotonic``)."""
    patience = PATIENCE * max(0.0, deadline - time.monotonic())
    seconds = [seconds_a_step(fabric, stage, photographs, prior, patience) for stage in recipe.stages]
    return Budget(fabric, recipe, seconds, deadline)


def seconds_a_step(
    fabric: Fabric, stage: Stage, photographs: Photographs, prior: npt.NDArray[np.float64], patience: float
) -> float:
    """Wall time of one step of a stage, by a network that is thrown away; of the first that ends after ``patience``."""
    data = stage.data.model_copy(update={"views": 0})  # what this network's encoder makes of pictures is not kept
    network = build(stage.network.name, size=data.size, pretrained=False, **stage.network.settings)
    method = METHODS[stage.method.name](fabric, network.to(memory_format=torch.channels_last), stage, prior)  # type: ignore[call-overload]
    began = time.monotonic()
    with method.batches(photographs, data, stage.seed, fabric.global_rank) as batches:
        for step in range(TRIED):
            started = time.monotonic()
            method.step_number = step
            method.step(batches(step).to(fabric.device))
            _wait(fabric)
            if fabric.broadcast(time.monotonic() - began > patience):
                break
    return (time.monotonic() - started) * stage.optimizer.accumulate


def _wait(fabric: Fabric) -> None:
    if fabric.device.type == "cuda":
        torch.cuda.synchronize(fabric.device)
