"""``colorize train RECIPE --data DIR --out DIR``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def train(
    recipe: Annotated[str, typer.Argument(help="A name from colorize recipes, or a .yaml file.")],
    data: Annotated[Path, typer.Option(help="Folder of photographs or of parquet shards.")],
    out: Annotated[Path, typer.Option(help="Folder of the run: checkpoint, samples, TensorBoard events.")],
    max_steps: Annotated[int | None, typer.Option(help="Stop after so many steps in all.")] = None,
    set_: Annotated[list[str] | None, typer.Option("--set", help="key=value, e.g. batch_size=4.")] = None,
    resume: Annotated[bool, typer.Option(help="Go on from the last checkpoint.")] = False,
    devices: Annotated[
        int, typer.Option(help="Processes, a GPU each where there are some; gradients are averaged.")
    ] = 1,
    start: Annotated[Path | None, typer.Option(help="Checkpoint whose weights to begin from.")] = None,
) -> None:
    """Train a recipe's network on your photographs."""
    import torch  # noqa: F401 - says at once, and by name, what is missing without the lab

    from colorizing_things.lab.recipes.load import load_recipe
    from colorizing_things.lab.training.loop import RunSettings
    from colorizing_things.lab.training.loop import train as run

    settings = RunSettings(data=data, out=out, resume=resume, start=start, max_steps=max_steps, devices=devices)
    run(load_recipe(recipe, set_), settings)
    typer.echo(f"{out / 'last.ckpt'} holds the averaged network; colorize export {out} makes a model of it")
