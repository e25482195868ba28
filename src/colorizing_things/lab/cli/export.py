"""``colorize export RUN``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def export(
    run: Annotated[Path, typer.Argument(help="Folder of a training run, its run.zip, or one of its checkpoints.")],
    out: Annotated[Path | None, typer.Option("-o", "--out", help="Folder for the ONNX files and card.json.")] = None,
    name: Annotated[str | None, typer.Option(help="Name on the card; the recipe's own.")] = None,
) -> None:
    """Make an ONNX model with its card of a training run, checked against torch, or a distilled encoder's weights."""
    import torch  # noqa: F401 - says at once, and by name, what is missing without the lab

    from colorizing_things.lab.export import export as make
    from colorizing_things.model.card import load_card

    folder = make(run, out or (run if run.is_dir() else run.parent) / "model", name=name)
    if (folder / "card.json").exists():
        graphs = ", ".join(str(folder / graph.file) for graph in load_card(folder).graphs.values())
        typer.echo(f"{graphs} and the card; colorize --model {folder} old.jpg uses it")
    else:
        files = ", ".join(str(path) for path in sorted(folder.glob("*.safetensors")))
        typer.echo(f"{files}: for recipes, in a folder named models, by --set weights=distilled; or --set weights=FILE")
