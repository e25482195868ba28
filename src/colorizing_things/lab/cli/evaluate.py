"""``colorize evaluate``: score colorizers on photographs, with intervals, and write a report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def evaluate(
    models: Annotated[
        list[str] | None,
        typer.Argument(help="Bundled names, ONNX files with their cards, their folders, or training runs."),
    ] = None,
    data: Annotated[
        Path | None, typer.Option(help="Folder of colour photographs; with --film of films, or none: generated ones.")
    ] = None,
    out: Annotated[
        Path, typer.Option("-o", "--out", help="Folder for the report; an unfinished one there is gone on with.")
    ] = ...,  # type: ignore[assignment]
    predictions: Annotated[
        list[Path] | None,
        typer.Option(help="Folder that another tool coloured, paired by name; may be given several times."),
    ] = None,
    limit: Annotated[int | None, typer.Option(help="Score only so many photographs, drawn by the seed.")] = None,
    size: Annotated[
        int | None, typer.Option(help="Shorter side at which networks see a picture; the card's by default.")
    ] = None,
    workers: Annotated[int | None, typer.Option(help="Processes; all cores by default. Figures do not change.")] = None,
    seed: Annotated[int, typer.Option(help="Of the choice of pictures, the intervals and the samples.")] = 0,
    samples: Annotated[
        int, typer.Option(help="Colourings to draw of each picture, where a model gives several (8 or 100).")
    ] = 0,
    hints: Annotated[
        str, typer.Option(help="Score again with the true colour of so many places given, as 1,5,10,50.")
    ] = "",
    mood: Annotated[
        str, typer.Option(help="Score models that have a mood at each of these, as 0,0.3,0.5; the card's by default.")
    ] = "",
    plate: Annotated[
        str, typer.Option(help="Score again before what old plates kept of the photographs, as blue,ortho,pan.")
    ] = "",
    outlines: Annotated[
        Path | None, typer.Option(help="COCO-like instances.json: try wilful hints on the objects it outlines.")
    ] = None,
    images: Annotated[Path | None, typer.Option(help="Folder of the pictures that --outlines speaks of.")] = None,
    film: Annotated[
        bool, typer.Option("--film", help="Score films: how steady they are, beside the same frame by frame.")
    ] = False,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, or what else ONNX Runtime offers.")] = "auto",
) -> None:
    """Score colorizers on photographs: figures with intervals, pictures, and a page to look at.

    Every model colours the grey version of every photograph. The grey floor and the real photographs are
    scored beside them. Prints what people score (p95, stains, missing colour, faces, edges); writes results.json,
    results.md and index.html with all figures. Killed, it goes on where it stopped.
    """
    import torch  # noqa: F401 - says at once, and by name, what is missing without the lab
    from rich.console import Console

    from colorizing_things.errors import SettingError
    from colorizing_things.lab.evaluation.evaluate import Request
    from colorizing_things.lab.evaluation.evaluate import evaluate as run
    from colorizing_things.lab.evaluation.tables import summary

    if film:
        from colorizing_things.film.need import check_libraries

        check_libraries()
        from colorizing_things.lab.film_evaluation.evaluate import evaluate as run_films

        typer.echo(run_films(models or [], data, out, limit, device, Console(stderr=True)))
        return
    if data is None:
        raise SettingError("say where the photographs are: --data FOLDER")
    request = Request(
        data=data,
        out=out,
        models=models or [],
        predictions=predictions or [],
        limit=limit,
        size=size,
        workers=workers,
        seed=seed,
        samples=samples,
        hints=_counts(hints),
        moods=_moods(mood),
        plates=[name.strip() for name in plate.split(",") if name.strip()],
        outlines=outlines,
        images=images,
        device=device,
    )
    results = run(request, Console(stderr=True))
    typer.echo(summary(results))
    typer.echo(out / "index.html")


def _counts(text: str) -> list[int]:
    """``1,5,10`` -> [1, 5, 10]."""
    from colorizing_things.errors import SettingError

    try:
        return [int(part) for part in text.split(",") if part.strip()]
    except ValueError:
        raise SettingError(f"hints {text!r}: give counts, as 1,5,10,50") from None


def _moods(text: str) -> list[float]:
    """``0,0.5`` -> [0.0, 0.5]."""
    from colorizing_things.errors import SettingError

    try:
        return [float(part) for part in text.split(",") if part.strip()]
    except ValueError:
        raise SettingError(f"mood {text!r}: give numbers of 0 to 1, as 0,0.3,0.5") from None
