"""``colorize archive/ -o out/ --engine ray``: an archive, by Ray on this machine or a cluster."""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from contextlib import redirect_stdout
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from colorizing_things.errors import ColorizingError, PictureError, SettingError

from .terminal import bar, shown

if TYPE_CHECKING:
    from colorizing_things.batch import BatchOptions

MOST_NAMED = 20  # files left out, each in a line; failures are all named


def color(
    inputs: list[str], out: str | None, options: BatchOptions, reference: str | None, *, model: str, device: str,
    max_pixels: int, jobs: int | None, address: str | None, gpus: int, as_json: bool,
) -> None:  # fmt: skip
    """Colour it; every option as the command has it."""
    if len(inputs) != 1 or out is None or "-" in (inputs[0], out):
        raise SettingError("--engine ray takes one folder or bucket, and another for its results: colorize in/ -o out/")
    if gpus < 0:
        raise SettingError(f"gpus {gpus}: must be 0 or more")
    _check_extra()
    from colorizing_things.ray.engine import run
    from colorizing_things.ray.job import Job
    from colorizing_things.ray.place import Place

    guide, color = options.color.guide, options.color.unguided()
    if guide.places:
        raise SettingError("hints speak of places in one picture; --engine ray colours an archive")
    job = Job(
        Place.of(inputs[0]), Place.of(out), replace(options, color=color), _bytes(reference), model,
        "cuda" if gpus and device == "auto" else device, max_pixels,
    )  # fmt: skip
    # Ray prints many lines there when a worker dies, which is mended, and would spoil what --json prints.
    with _RunReport(as_json) as told, open(os.devnull, "w", encoding="utf-8") as nowhere, redirect_stdout(nowhere):  # noqa: PTH123
        run(job, address=address, workers=jobs, gpus=gpus, report=told.rows, expect=told.expect)
    told.sum_up()
    if told.counts["failed"]:
        raise typer.Exit(1)


def _check_extra() -> None:
    try:
        import_module("ray.data")  # which has Arrow with it
    except ModuleNotFoundError as error:
        install = "pip install 'colorizing-things[ray]', or '.[ray]' in a checkout"
        raise ColorizingError(f"--engine ray needs Ray: {install} (no module {error.name})") from None


def _bytes(reference: str | None) -> bytes | None:
    """The reference as a file's bytes: the workers may be elsewhere."""
    if reference is None:
        return None
    try:
        return Path(reference).read_bytes()
    except OSError as error:
        raise PictureError(f"{reference}: cannot be read: {error.strerror}") from error


class _RunReport:
    """What the user sees of a run: a bar with the rate, a line for each failure, the sums; or JSON, a line each."""

    def __init__(self, as_json: bool) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn

        self.counts, self.json = Counter[str](), sys.stdout if as_json else None
        self.console = Console(stderr=True, highlight=False)
        columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[rate]}"), TimeRemainingColumn())
        self.progress = bar(*columns, console=self.console)
        self.bar = self.progress.add_task("", total=None, rate="Ray starts")
        self.began: float | None = None
        self.settled = 0
        self.left_out: list[str] = []

    def __enter__(self) -> _RunReport:
        self.progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.progress.stop()

    def expect(self, due: int, settled: int) -> None:
        """How many will come, and how many an earlier run has settled."""
        self.settled = settled
        self.progress.update(self.bar, total=due)

    def rows(self, rows: list[dict[str, Any]]) -> None:
        """Some of the manifest."""
        now = self.progress.get_time()
        if self.began is None:  # the rate is of what comes after the first: starting Ray takes a while
            self.began, self.first = now, len(rows)
        for row in rows:
            self._row(row)
        rate = (self.counts.total() - self.first) / max(now - self.began, 1e-3)
        self.progress.update(self.bar, advance=len(rows), rate=f"{rate:.1f}/s" if rate else "")

    def _row(self, row: dict[str, Any]) -> None:
        self.counts[row["status"]] += 1
        if self.json:
            print(json.dumps(row), file=self.json, flush=True)
        elif row["status"] == "left out":
            if len(self.left_out) < MOST_NAMED:
                self.left_out.append(f"left out: {row['source']}: {row['error']}")
        elif row["status"] == "failed":
            self._say(f"failed: {row['error']}")
        elif row["note"]:
            self._say(f"{row['source']}: {row['note']}")

    def _say(self, text: str) -> None:
        self.progress.print(shown(text), soft_wrap=True, markup=False)

    def sum_up(self) -> None:
        """How many of each; an earlier run's are "skipped"."""
        from colorizing_things.batch import counted

        for line in self.left_out:
            self._say(line)
        if self.counts["left out"] > len(self.left_out) > 0:
            self._say(f"... and {self.counts['left out'] - len(self.left_out)} more; the manifest names all")
        self._say(counted(self.counts + Counter(skipped=self.settled)))
