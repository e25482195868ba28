"""``colorize augment RUN --data DIR --out DIR``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def augment(
    run: Annotated[Path, typer.Argument(help="Folder of a training run of a vaegan recipe.")],
    data: Annotated[Path, typer.Option(help="Folder of photographs or of parquet shards.")],
    out: Annotated[Path, typer.Option(help="New folder for the recoloured photographs.")],
    variants: Annotated[int, typer.Option(help="Of each photograph.")] = 2,
    seed: Annotated[int, typer.Option(help="The same seed gives the same pictures.")] = 0,
) -> None:
    """Write plausible recoloured variants of photographs, from a VAE's latent space, as a new training set."""
    import torch  # noqa: F401 - says at once, and by name, what is missing without the lab

    from colorizing_things.lab.data.augmentation import augment as make

    count = make(run, data, out, variants, seed)
    typer.echo(f"{count} pictures in {out}; colorize train RECIPE --data takes the folder")
