"""What there is to colour: an archive walked folder by folder, a few names at a time, as a source of Ray Data's."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import Any

import pyarrow as pa
from pyarrow.fs import FileType
from ray.data import Datasource, ReadTask
from ray.data.block import BlockMetadata

from colorizing_things.imaging.finding import LINK, RESULT_STEM, UNREAD_SUFFIXES, original_stem, why_unread
from colorizing_things.imaging.picture import PICTURE_SUFFIXES, SUFFIX_KINDS
from colorizing_things.imaging.writing import output_format, stem_beside, suffix_for

from .job import Job
from .manifest import finished_sources

MOST = 16  # names in a block, and so photographs in a task of Ray's: what is looked through again when a worker dies
SPREAD = 100  # so many photographs raise it by one: a small archive reaches every worker
SCHEMA = pa.schema({
    "source": pa.string(), "destination": pa.string(), "problem": pa.string(), "there": pa.bool_(),
})  # fmt: skip


@dataclass(frozen=True)
class Name:
    """A file of the archive, as a path in it, and what it becomes; or why it is left out, known by its name alone.

    ``there``: what it becomes was among the results before this run.
    """

    source: str
    destination: str
    problem: str = ""
    there: bool = False


def walk(job: Job) -> Iterator[Name]:
    """Everything to colour or to be said, in one order, a folder at a time. Hidden files and results are left out.

    Raises:
        PictureError: a folder cannot be listed.
    """
    inside = job.out_inside_archive
    waiting = [""]
    while waiting:
        folder = waiting.pop()
        files, folders = list[PurePosixPath](), list[str]()
        for about in job.archive.listing(folder):
            path = about.path.rstrip("/").removeprefix(job.archive.root.rstrip("/")).lstrip("/")
            if PurePosixPath(path).name.startswith(".") or ".." in PurePosixPath(path).parts:
                continue
            if about.type == FileType.File:
                files.append(PurePosixPath(path))
            elif about.type == FileType.Directory and path != inside:
                if job.archive.is_local and Path(about.path).is_symlink():
                    yield Name(path, "", LINK)
                else:
                    folders.append(path)
        waiting += reversed(folders)
        yield from _folder(files, job)


def _folder(files: list[PurePosixPath], job: Job) -> Iterator[Name]:
    """The names of one folder, each with a destination that is nobody else's."""
    names, by_stem = {file.name for file in files}, defaultdict(list)
    for file in files:
        by_stem[file.stem].append(file.name)
    taken: dict[str, str] = {}
    for file in files:
        suffix = file.suffix.lower()
        if suffix in UNREAD_SUFFIXES:
            yield Name(str(file), "", why_unread(suffix))
        if suffix not in PICTURE_SUFFIXES or _is_result(file, names):
            continue
        format_name = output_format(job.options.output.format, SUFFIX_KINDS[suffix])
        stem = stem_beside(file, format_name, by_stem[file.stem])
        destination = str(file.with_name(stem + suffix_for(file, format_name)))
        if destination in taken:
            problem = f"would become {destination}, as {taken[destination]} does; rename one"
            yield Name(str(file), "", problem)
            continue
        taken[destination] = str(file)
        yield Name(str(file), destination)


def _is_result(file: PurePosixPath, names: set[str]) -> bool:
    """Whether we wrote it beside its original; as in a local run, but known by the names in its folder alone."""
    if RESULT_STEM.search(file.stem):
        return True
    original = original_stem(file)
    return original != file.stem and any(original + suffix in names for suffix in ("", *PICTURE_SUFFIXES))


def due(job: Job) -> Iterator[Name]:
    """The names that no earlier run has settled."""
    done = finished_sources(job.out)
    return (name for name in walk(job) if name.source not in done)


def count(job: Job) -> tuple[int, int]:
    """How many are due, and how many were settled before."""
    done = finished_sources(job.out)
    found = [name.source in done for name in walk(job)]
    return len(found) - sum(found), sum(found)


def blocks(job: Job) -> Iterator[pa.Table]:
    """The due names, a few in a table."""
    waiting, seen = list[Name](), 0
    results = lru_cache(1)(job.out.names)  # a folder's names follow one another
    for seen, name in enumerate(due(job)):
        folder, _, file = name.destination.rpartition("/")
        waiting.append(replace(name, there=file in results(folder)))
        if len(waiting) >= min(MOST, 1 + seen // SPREAD):
            yield _table(waiting)
            waiting = []
    if waiting or not seen:
        yield _table(waiting)


def _table(names: list[Name]) -> pa.Table:
    return pa.Table.from_pylist([vars(name) for name in names], SCHEMA)


class Names(Datasource):
    """The due names for Ray Data: one task that goes on listing while the first photographs are coloured."""

    def __init__(self, job: Job) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.job = job

    def estimate_inmemory_data_size(self) -> int | None:
        """Nobody knows before the archive is walked."""
        return None

    def get_read_tasks(self, parallelism: int, *_: Any, **__: Any) -> list[ReadTask]:
        """One, as one process walks faster than thousands of others colour."""
        job = self.job
        unknown = BlockMetadata(num_rows=None, size_bytes=None, input_files=None, exec_stats=None)
        return [ReadTask(lambda: blocks(job), unknown, SCHEMA)]
