"""``colorize train RECIPE --data DIR --out DIR``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from colorizing_things.lab.training.settings import RunSettings


def train(
    recipe: Annotated[
        str | None,
        typer.Argument(
            help="A name from colorize recipes, or a .yaml file; without one, --start names a model to tune."
        ),
    ] = None,
    data: Annotated[Path, typer.Option(help="Folder of photographs or of parquet shards.")] = ...,  # type: ignore[assignment]
    out: Annotated[
        Path,
        typer.Option(help="Folder of the run: checkpoint, samples, TensorBoard events; one there is gone on with."),
    ] = ...,  # type: ignore[assignment]
    max_steps: Annotated[int | None, typer.Option(min=1, help="Stop after so many steps in all.")] = None,
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
    freeze: Annotated[
        str | None, typer.Option(metavar="PREFIX,...", help="Parameters that do not learn, by how their names begin.")
    ] = None,
    accumulate: Annotated[int | None, typer.Option(help="Batches whose gradients make one step.")] = None,
    workers: Annotated[int, typer.Option(min=1, help="Threads that make batches ahead.")] = 1,
    log: Annotated[
        str | None, typer.Option(help="Beside TensorBoard: csv, wandb, or a Lightning Fabric logger as module.Class.")
    ] = None,
    start: Annotated[
        Path | None,
        typer.Option(help="Whose weights to begin from: a run.zip or last.ckpt, or a model, such as default."),
    ] = None,
) -> None:
    """Train a recipe's network on your photographs; the same command goes on with a run that was stopped.

    Without a recipe, --start default tunes the bundled model to them, and --out becomes a model of its own.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # before torch: threads that wait do not take others' cores
    import torch  # noqa: F401 - says at once, and by name, what is missing without the lab

    from colorizing_things.lab.recipes.load import load_recipe
    from colorizing_things.lab.training.budget import parse_duration
    from colorizing_things.lab.training.loop import overrides_of
    from colorizing_things.lab.training.loop import train as run
    from colorizing_things.lab.training.settings import RunSettings

    settings = RunSettings(
        data=data, out=out, resume=resume, start=start, max_steps=max_steps, devices=devices, precision=precision,
        seconds=None if time is None else parse_duration(time), workers=workers, log=log,
    )  # fmt: skip
    given = list(set_ or [])
    if freeze is not None:
        given.append(f"optimizer.freeze=[{freeze}]")
    if accumulate is not None:
        given.append(f"optimizer.accumulate={accumulate}")
    if recipe is None:
        _finetune(settings, given)
        return
    before = overrides_of(Path(recipe).stem, settings)
    run(load_recipe(recipe, [*before, *given]), settings)
    typer.echo(f"{out / 'last.ckpt'} holds the averaged network; colorize export {out} makes a model of it")


def _finetune(settings: RunSettings, overrides: list[str]) -> None:
    from colorizing_things.errors import SettingError
    from colorizing_things.lab.export import export
    from colorizing_things.lab.training.finetuning import describe_tuned, finetune, report

    if settings.start is None:
        raise SettingError(
            "which recipe? colorize recipes lists them; or give --start default, to tune the bundled model"
        )
    tuned = finetune(settings, overrides)
    report(tuned)
    describe_tuned(tuned, export(tuned.run, settings.out, name=settings.out.resolve().name))
    typer.echo(f"{settings.out} is a model; colorize old.jpg --model {settings.out} uses it")
