"""``colorize turing``: a page on which people tell real colours from ours."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def turing(
    report: Annotated[Path, typer.Argument(help="Folder that colorize evaluate wrote.")],
    model: Annotated[str | None, typer.Option(help="Whose pictures; the report's first colorizer by default.")] = None,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="The page; turing.html in the report by default.")
    ] = None,
) -> None:
    """Write a page that shows a person real and coloured pictures for a second each, and keeps score.

    As in Zhang, Isola and Efros 2016: 10 pairs to practise on, 40 that count. The page needs no network; the
    answers stay in the browser and can be saved as JSON.
    """
    import torch  # noqa: F401 - says at once, and by name, what is missing without the lab

    from colorizing_things.lab.evaluation.turing import write_turing

    page = out or report / "turing.html"
    write_turing(report, page, model)
    typer.echo(page)
