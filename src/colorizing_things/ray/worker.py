"""An actor of Ray Data's: names of photographs in, their results written, rows of the manifest out."""

from __future__ import annotations

import hashlib
import time
import uuid
from contextlib import ExitStack
from dataclasses import replace
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
TRIES = 3  # processes that one photograph may end: two can be chance, where machines are taken away


class Worker:
    """Holds the model; one photograph at a time, on one core."""

    def __init__(self, job: Job, attempts: Any) -> None:
        """``attempts``: the actor's handle, of :class:`.Attempts`."""
        ExitStack().enter_context(operations_not_cached())  # for as long as this process lives
        self.job, self.attempts, self.me = job, attempts, uuid.uuid4().hex
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
        return pa.Table.from_pylist([self.one(**row) for row in names.to_pylist()], SCHEMA)

    def one(self, source: str, destination: str, problem: str) -> dict[str, Any]:
        """One photograph; never raises for it."""
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
            row |= self._colored(source, destination)
        except ColorizingError as error:
            row |= {"status": "failed", "error": " ".join(str(error).split())}
        return {"seconds": time.perf_counter() - started, **row}

    def _colored(self, source: str, destination: str) -> dict[str, Any]:
        archive, out = self.job.archive, self.job.out
        if out.has(destination):  # of a worker or a run that ended before it could say so
            return {"status": "done", "error": None, "seconds": None, "checksum": out.checksum(destination)}
        if ray.get(self.attempts.begin.remote(self.me, source)) >= TRIES:
            raise PictureError(
                f"{archive.shown(source)}: {TRIES} processes ended with it; look for a huge or damaged file"
            )
        with archive.lent(source) as file:
            if is_marked(file):
                return {"error": MARKED}
            with out.taken(destination) as target:
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
