"""An actor of Ray Data's: names of photographs in, their results written, rows of the manifest out.

A bucket may take as long to answer as a photograph takes to colour. So two are in work: while one is
coloured, another's result is written and the next is read.
"""

from __future__ import annotations

import hashlib
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import ray

from colorizing_things.batch import Task, color_one
from colorizing_things.colorizer import Colorizer
from colorizing_things.errors import ColorizingError, PictureError
from colorizing_things.imaging.finding import MARKED, is_marked
from colorizing_things.imaging.libvips import operations_not_cached

from .job import Job
from .manifest import SCHEMA
from .place import remove_leftovers

UNFIT = "unfit"  # status of a row that says why this worker cannot work
AT_ONCE = 2  # photographs: one coloured, one on its way
TRIES = 3  # processes that one photograph may end: two can be chance, where machines are taken away


class Worker:
    """Holds the model; colours one photograph at a time, on one core."""

    def __init__(self, job: Job, attempts: Any) -> None:
        """``attempts``: the actor's handle, of :class:`.Attempts`."""
        ExitStack().enter_context(operations_not_cached())  # for as long as this process lives
        self.job, self.attempts, self.me = job, attempts, uuid.uuid4().hex
        self.coloring = threading.Lock()
        remove_leftovers()
        self.unfit = ""
        try:
            self.options = replace(job.options, color=job.color)
            self.colorizer = Colorizer(job.model, job.device, threads=1, max_pixels=job.max_pixels)
        except ColorizingError as error:  # which concerns the run: told as a row, or Ray would show where it was raised
            self.unfit = f"{error} (on {ray.util.get_node_ip_address()})"

    def __call__(self, names: pa.Table) -> pa.Table:
        """Rows of :data:`.names.SCHEMA` in, rows of :data:`.manifest.SCHEMA` out, one each."""
        if self.unfit:
            return pa.Table.from_pylist([{"status": UNFIT, "error": self.unfit}], SCHEMA)
        rows = names.to_pylist()
        again = bool(rows) and ray.get(self.attempts.begin_task.remote(self.me, rows[0]["source"]))
        with ThreadPoolExecutor(1 if again else AT_ONCE) as threads:  # of a dead worker's each is tried by itself
            return pa.Table.from_pylist(list(threads.map(partial(self._row, again), rows)), SCHEMA)

    def _row(self, again: bool, name: dict[str, Any]) -> dict[str, Any]:
        return self.one(**name, again=again)

    def one(self, source: str, destination: str, problem: str, there: bool, again: bool) -> dict[str, Any]:
        """One photograph; never raises for it. ``again``: of a task that another worker had begun."""
        row: dict[str, Any] = {
            "source": source,
            "destination": destination or None,
            "status": "left out",
            "error": problem or None,
        }
        if problem:
            return row
        started = time.perf_counter()
        try:
            found = self._found(destination) if there or again else None
            if again and found is None:
                self._begin(source)
            row |= found or self._colored(source, destination)
        except ColorizingError as error:
            row |= {"status": "failed", "error": " ".join(str(error).split())}
        return {"seconds": time.perf_counter() - started, **row}

    def _found(self, destination: str) -> dict[str, Any] | None:
        """A result of a worker or a run that ended before it could say so; None where there is none."""
        out = self.job.out
        if not out.has(destination):
            return None
        return {"status": "done", "error": None, "seconds": None, "checksum": out.checksum(destination)}

    def _begin(self, source: str) -> None:
        if ray.get(self.attempts.begin.remote(self.me, source)) >= TRIES:
            raise PictureError(
                f"{self.job.archive.shown(source)}: {TRIES} processes ended with it; look for a huge or damaged file"
            )

    def _colored(self, source: str, destination: str) -> dict[str, Any]:
        archive, out = self.job.archive, self.job.out
        with archive.lent(source) as file:
            if is_marked(file):
                return {"error": MARKED}
            with out.taken(destination) as target:
                with self.coloring:
                    result = color_one(self.colorizer, Task(file, target), self.options)
                checksum = _checksum(target) if result.status == "done" else None
        names = {str(file): archive.shown(source), str(target): out.shown(destination)}
        return {
            "status": result.status, "error": _named(result.error, names), "note": _named(result.note, names),
            "checksum": checksum, "width": result.width, "height": result.height, "pages": result.pages,
        }  # fmt: skip


def _checksum(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _named(text: str, names: dict[str, str]) -> str | None:
    """The text with what the user calls the files, in place of their copies here; None for nothing."""
    for here, shown in names.items():
        text = text.replace(here, shown)
    return text or None
