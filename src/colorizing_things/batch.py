"""Many pictures: what to colour into what, and the doing of it, one after the other or a few at once."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from .colorizer import Colorizer, Output, Stopped, beside
from .errors import ColorizingError, PictureError, SettingError
from .options import Look
from .picture import MAX_PIXELS, PICTURE_SUFFIXES, SUFFIX_KINDS, Picture
from .writing import FORMATS, output_format, suffix_for

OURS = ".color"  # end of the stem of what we write beside an original


@dataclass(frozen=True)
class Task:
    """One picture to colour."""

    source: Path
    destination: Path


@dataclass(frozen=True)
class Result:
    """What became of a task: ``status`` is done, skipped or failed."""

    task: Task
    status: str
    seconds: float = 0.0
    width: int = 0
    height: int = 0
    pages: int = 1
    error: str = ""


def plan(inputs: list[Path], out: Path | None, out_is_folder: bool, output: Output) -> list[Task]:
    """Turn files and folders into tasks.

    Args:
        inputs: files, and folders to be walked recursively.
        out: where to; None: beside each picture, as ``old.color.jpg``.
        out_is_folder: ``out`` was written as a folder (a slash at its end).
        output: its format decides suffixes.

    Raises:
        PictureError: a path that is missing, or a folder without pictures.
        SettingError: two pictures would get the same name, or a file's name says an unknown format.
    """
    for path in inputs:
        if not path.exists():
            raise PictureError(f"{path}: no such file or folder")
    into_folder = out is not None and (out_is_folder or out.is_dir() or len(inputs) > 1 or inputs[0].is_dir())
    tasks: dict[Path, Task] = {}
    for source, place in _walk(inputs, out if into_folder else None):
        destination = _destination(source, place, out, into_folder, output)
        if destination in tasks:
            other = tasks[destination].source
            if other == source:
                continue
            raise SettingError(f"{source}: would become {destination}, as {other} does; colour them in two runs")
        tasks[destination] = Task(source, destination)
    return list(tasks.values())


def _walk(inputs: list[Path], skip: Path | None) -> Iterator[tuple[Path, Path]]:
    """Every picture with its place in the tree, leaving out hidden files, our own results, and ``skip``."""
    for path in inputs:
        if not path.is_dir():
            yield path, Path(path.name)
            continue
        found = 0
        for file in sorted(path.rglob("*")):
            inside = file.relative_to(path)
            hidden = any(part.startswith(".") for part in inside.parts)
            ours = file.stem.endswith(OURS) or (skip is not None and skip != path and skip in file.parents)
            if file.suffix.lower() in PICTURE_SUFFIXES and not hidden and not ours and file.is_file():
                found += 1
                yield file, inside
        if not found:
            raise PictureError(f"{path}: holds no pictures; looked for {', '.join(sorted(PICTURE_SUFFIXES))}")


def _destination(source: Path, place: Path, out: Path | None, into_folder: bool, output: Output) -> Path:
    if out is not None and not into_folder:
        return out
    kind = SUFFIX_KINDS.get(source.suffix.lower()) or Picture.read(source).kind
    format_name = output_format(output.format, kind)
    if out is None:
        return beside(source, format_name)
    return out / place.with_suffix(suffix_for(source, format_name))


def format_of_name(path: Path) -> str:
    """The format that a name asks for by its suffix.

    Raises:
        SettingError: no format of ours has that suffix.
    """
    kind = {"heif": "avif"}.get(SUFFIX_KINDS.get(path.suffix.lower(), ""), SUFFIX_KINDS.get(path.suffix.lower(), ""))
    if kind not in FORMATS:
        suffixes = ", ".join(f.suffix for f in FORMATS.values())
        raise SettingError(f"{path}: cannot write {path.suffix or 'a name without suffix'}; choose {suffixes}")
    return kind


def colour_one(
    colorizer: Colorizer, task: Task, look: Look, output: Output, overwrite: bool, max_pixels: int
) -> Result:
    """Do one task; never raises for a bad picture."""
    if task.destination.exists() and not overwrite and not _same(task):
        return Result(task, "skipped")
    started = time.perf_counter()
    try:
        picture = Picture.read(task.source)
        colorizer.colorize_file(
            picture, task.destination, look=look, output=output, overwrite=overwrite, max_pixels=max_pixels
        )
    except (ColorizingError, MemoryError) as error:
        said = str(error) or f"{task.source}: not enough memory"
        return Result(task, "failed", time.perf_counter() - started, error=" ".join(said.split()))
    seconds = time.perf_counter() - started
    return Result(task, "done", seconds, picture.width, picture.height, picture.pages)


def _same(task: Task) -> bool:
    return task.source.exists() and task.destination.samefile(task.source)


def run(
    colorizer: Colorizer,
    tasks: list[Task],
    *,
    look: Look,
    output: Output,
    overwrite: bool = False,
    max_pixels: int = MAX_PIXELS,
    jobs: int = 1,
    report: Callable[[Result], None],
) -> None:
    """Do all tasks, ``jobs`` at once; ``report`` hears of each as it ends.

    A KeyboardInterrupt stops the running ones (what they were writing is removed) and is raised again.
    """
    waiting = iter(tasks)
    with ThreadPoolExecutor(jobs, thread_name_prefix="picture") as pool:

        def start(task: Task):  # type: ignore[no-untyped-def]
            return pool.submit(colour_one, colorizer, task, look, output, overwrite, max_pixels)

        running = {start(task) for task in islice(waiting, jobs + 1)}
        try:
            while running:
                ended, running = wait(running, return_when=FIRST_COMPLETED)
                for future in ended:
                    report(future.result())
                    running |= {start(task) for task in islice(waiting, 1)}
        except (KeyboardInterrupt, Stopped):
            colorizer.stop()
            for future in running:
                future.cancel()
            raise KeyboardInterrupt from None


def default_jobs() -> int:
    """How many pictures at once: two keep decoding, network and encoding from waiting for each other."""
    return min(2, os.cpu_count() or 1)
