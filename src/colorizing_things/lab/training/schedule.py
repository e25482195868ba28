"""How many steps a stage has, and the schedule of its learning rate."""

from __future__ import annotations

import math

from colorizing_things.lab.config.recipe import Recipe, Stage


def pictures_a_step(stage: Stage, processes: int) -> int:
    """Of all processes together.

    Examples:
        >>> from colorizing_things.lab.recipes.load import load_recipe
        >>> stage = load_recipe("finetune", ["batch_size=4", "accumulate=2"]).stages[0]
        >>> pictures_a_step(stage, processes=3)
        24
    """
    return stage.data.batch_size * stage.optimizer.accumulate * processes


def within_passes(recipe: Recipe, pictures: int, processes: int = 1) -> Recipe:
    """The recipe with as many steps as its stages' ``passes`` over so many training pictures allow."""

    def bounded(stage: Stage) -> Stage:
        if stage.passes is None:
            return stage
        least, most = (math.ceil(n * pictures / pictures_a_step(stage, processes)) for n in stage.passes)
        return stage.model_copy(update={"steps": max(1, least, min(most, stage.steps))})

    return recipe.model_copy(update={"stages": tuple(bounded(stage) for stage in recipe.stages)})


def length(recipe: Recipe, pictures: int, processes: int = 1) -> str:
    """A line that says how many steps there will be, and how often each of so many photographs is then seen."""
    stages = recipe.stages
    passes = sum(stage.steps * pictures_a_step(stage, processes) for stage in stages) / pictures
    text = f"steps: {', '.join(str(stage.steps) for stage in stages)}, {passes:.1f} passes over {pictures} photographs"
    if recipe.steps_factor != 1:
        return f"{text}, to fit the time"
    bounds = next((stage.passes for stage in stages if stage.passes), None)
    return text if bounds is None else f"{text}, of {bounds[0]:g} to {bounds[1]:g} that the recipe allows (passes)"


def schedule(step: int, stage: Stage) -> float:
    """Share of the base rate at a step: linear warm-up, then a cosine down to ``final_lr``."""
    warm = min(1.0, (step + 1) / max(1, min(stage.optimizer.warmup, stage.steps // 10)))
    cosine = 0.5 * (1 + math.cos(math.pi * step / stage.steps))
    return warm * (stage.optimizer.final_lr + (1 - stage.optimizer.final_lr) * cosine)
