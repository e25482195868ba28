"""``colorize turing``: what people say: real colours or ours, and which of two colourings they prefer."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def turing(
    folders: Annotated[
        list[Path],
        typer.Argument(
            help="A report of colorize evaluate: real or ours? Two folders of colourings: which is preferred?"
            " With --answers: the folder of pairs.",
        ),
    ],
    model: Annotated[
        str | None, typer.Option(help="Of a report: whose pictures; its first colorizer by default.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", help="The page (turing.html in the report), or the folder of pairs (pairs)."),
    ] = None,
    real: Annotated[
        Path | None, typer.Option(help="Of pairs: folder of the real photographs, shown above them.")
    ] = None,
    key: Annotated[
        Path | None, typer.Option(help="Of pairs: file that says whose is whose; beside their folder by default.")
    ] = None,
    answers: Annotated[
        list[Path] | None, typer.Option(help="Count a judge's answers to pairs; may be given several times.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the choice of pairs, their order and their sides.")] = 0,
    limit: Annotated[int | None, typer.Option(help="So many pairs, chosen by the seed.")] = None,
    rows: Annotated[int, typer.Option(help="Pairs a sheet.")] = 1,
) -> None:
    """Ask people: a page on which they tell real colours from ours, or blind pairs of two colourings.

    REPORT: as in Zhang, Isola and Efros 2016, real and coloured pictures for a second each; 10 pairs to practise
    on, 40 that count. A B: a page and sheets (PNG) of the same photographs in both colourings; sides are drawn by
    the seed, and the key that tells them lies beside the folder, not in it. PAIRS --answers FILE: how often which
    was preferred, with a binomial interval. The pages need no network; answers are saved as JSON.
    """
    import torch  # noqa: F401 - says at once, and by name, what is missing without the lab

    from colorizing_things.errors import SettingError

    if answers:
        _count(_only(folders, "--answers needs the folder of pairs"), key, answers)
    elif len(folders) == 1:
        from colorizing_things.lab.evaluation.turing import write_turing

        page = out or folders[0] / "turing.html"
        write_turing(folders[0], page, model)
        typer.echo(page)
    elif len(folders) == 2:
        from colorizing_things.lab.evaluation.preference import key_beside, write_pairs

        first, second = folders
        pairs = out or Path("pairs")
        write_pairs(first, second, pairs, key or key_beside(pairs), real, seed, limit, rows)
        typer.echo(pairs / "index.html")
    else:
        raise SettingError(f"{len(folders)} folders: give a report, or two folders of colourings")


def _count(pairs: Path, key: Path | None, answers: list[Path]) -> None:
    from colorizing_things.lab.evaluation.preference import Count, count, key_beside, load_key, report

    opened = load_key(key or key_beside(pairs))
    counts = [count(opened, path) for path in answers]
    for path, counted in zip(answers, counts, strict=True):
        typer.echo(f"{path.name}: {report(opened, counted)}")
    if len(counts) > 1:  # judges of the same pairs are not independent: the interval is too narrow, and says so
        typer.echo(f"together (as if all pairs were different ones): {report(opened, sum(counts, Count()))}")


def _only(folders: list[Path], why: str) -> Path:
    from colorizing_things.errors import SettingError

    if len(folders) != 1:
        raise SettingError(f"{why}, and nothing else")
    return folders[0]
