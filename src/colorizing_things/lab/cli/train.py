"""``colorize train RECIPE --data DIR --out DIR``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer


def train(
    recipe: Annotated[str, typer.Argument(help="A name from colorize recipes, or a .yaml file.")],
    data: Annotated[Path, typer.Option(help="Folder of photographs or of parquet shards.")],
    out: Annotated[
        Path,
        typer.Option(help="Folder of the run: checkpoint, samples, TensorBoard events; one there is gone on with."),
    ],
    max_steps: Annotated[int | None, typer.Option(help="Stop after so many steps in all.")] = None,
    time: Annotated[
        str | None, typer.Option(metavar="90m", help="Scale the recipe to so much wall time, and stop within it.")
    ] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", help="key=value, e.g. batch_size=4; kept by the run.")
    ] = None,
    resume: Annotated[bool, typer.Option(help="Go on with the run in --out, and begin no new one.")] = False,
    devices: Annotated[
        int, typer.Option(help="Processes, a GPU each where there are some; gradients are averaged.")
    ] = 1,
    precision: Annotated[
        str, typer.Option(help="32-true, bf16-mixed or 16-mixed; auto takes what the hardware computes in.")
    ] = "auto",
    start: Annotated[Path | None, typer.Option(help="A run.zip or last.ckpt whose weights to begin from.")] = None,
) -> None:
    """Train a recipe's network on your photographs; the same command goes on with a run that was stopped."""
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # before torch: threads that wait do not take others' cores
    import torch  # noqa: F401 - says at once, and by name, what is missing without the lab

    from colorizing_things.lab.recipes.load import load_recipe
    from colorizing_things.lab.training.budget import parse_duration
    from colorizing_things.lab.training.loop import overrides_of
    from colorizing_things.lab.training.loop import train as run
    from colorizing_things.lab.training.settings import RunSettings

    settings = RunSettings(
        data=data, out=out, resume=resume, start=start, max_steps=max_steps, devices=devices, precision=precision,
        seconds=None if time is None else parse_duration(time),
    )  # fmt: skip
    before = overrides_of(Path(recipe).stem, settings)
    run(load_recipe(recipe, [*before, *(set_ or [])]), settings)
    typer.echo(f"{out / 'last.ckpt'} holds the averaged network; colorize export {out} makes a model of it")
