"""Many pictures: what to colour into what, and the doing of it, one after the other or a few at once."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from .color.chroma import Chroma
from .colorizer import Colorizer, Output, Stopped, default_destination
from .errors import ColorizingError, PictureError, SettingError
from .imaging.confidence_map import save_confidence
from .imaging.contact_sheet import save_sheet
from .imaging.picture import MAX_PIXELS, PICTURE_SUFFIXES, SUFFIX_KINDS, Picture
from .imaging.writing import output_format, suffix_for
from .options import Look, check_count
from .session import Guide

RESULT_STEM = re.compile(r"\.color(\.\d+)?$")  # end of the stem of what we write beside an original
EXTRAS = (".sheet", ".confidence")  # and of what comes along with it


@dataclass(frozen=True)
class Task:
    """One picture to colour."""

    source: Path
    destination: Path


@dataclass(frozen=True)
class BatchOptions:
    """What is wanted of every picture.

    Attributes:
        look: size, saturation, strength, warmth, mood, seed.
        output: format, quality, provenance.
        guide: hints and reference.
        variants: so many different colourings and a contact sheet; None: the likeliest alone.
        confidence: a map of it too.
        overwrite: redo what is there.
        max_pixels: refuse larger pages.

    Raises:
        SettingError: a number of variants that cannot be meant.
    """

    look: Look = field(default_factory=Look)
    output: Output = field(default_factory=Output)
    guide: Guide | None = None
    variants: int | None = None
    confidence: bool = False
    overwrite: bool = False
    max_pixels: int = MAX_PIXELS

    def __post_init__(self) -> None:
        if self.variants is not None:
            check_count(self.variants)

    def pictures(self, task: Task) -> list[Path]:
        """The coloured files: the task's own, or numbered ones (``old.color.1.jpg``)."""
        if self.variants is None:
            return [task.destination]
        stem, suffix = task.destination.stem, task.destination.suffix
        return [task.destination.with_name(f"{stem}.{number}{suffix}") for number in range(1, self.variants + 1)]

    def extras(self, task: Task) -> dict[str, Path]:
        """What comes along: ``sheet`` and ``confidence``, by name, where they are wanted."""
        stem = RESULT_STEM.sub("", task.destination.stem)
        wanted = {"sheet": self.variants is not None, "confidence": self.confidence}
        suffixes = {"sheet": ".jpg", "confidence": ".png"}
        return {
            name: task.destination.with_name(f"{stem}.{name}{suffixes[name]}") for name, is_ in wanted.items() if is_
        }


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
    outputs: tuple[Path, ...] = ()


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
    """Every picture with its place in the tree, leaving out hidden files, our own results, and ``skip``.

    A result that is named, by ``*.jpg`` perhaps, is left out only where its original is named too.
    """
    named = {(path.parent, path.stem) for path in inputs}
    for path in inputs:
        if not path.is_dir():
            original = _original_stem(path)
            if original == path.stem or (path.parent, original) not in named:
                yield path, Path(path.name)
            continue
        found = 0
        for file in sorted(path.rglob("*")):
            inside = file.relative_to(path)
            hidden = any(part.startswith(".") for part in inside.parts)
            ours = _is_result(file) or (skip is not None and skip != path and skip in file.parents)
            if file.suffix.lower() in PICTURE_SUFFIXES and not hidden and not ours and file.is_file():
                found += 1
                yield file, inside
        if not found:
            raise PictureError(f"{path}: holds no pictures; looked for {', '.join(sorted(PICTURE_SUFFIXES))}")


def _is_result(file: Path) -> bool:
    """Whether we wrote it: by its name, and for what comes along by that of its original beside it too."""
    if RESULT_STEM.search(file.stem):
        return True
    original = _original_stem(file)
    return original != file.stem and any(file.with_name(original + suffix).exists() for suffix in PICTURE_SUFFIXES)


def _original_stem(file: Path) -> str:
    """``old`` for ``old.color.jpg``, ``old.color.2.jpg``, ``old.sheet.jpg`` and ``old.confidence.png``."""
    ending = next((extra for extra in EXTRAS if file.stem.endswith(extra)), None)
    return file.stem.removesuffix(ending) if ending else RESULT_STEM.sub("", file.stem)


def _destination(source: Path, place: Path, out: Path | None, into_folder: bool, output: Output) -> Path:
    if out is not None and not into_folder:
        return out
    kind = SUFFIX_KINDS.get(source.suffix.lower()) or Picture.read(source).kind
    format_name = output_format(output.format, kind)
    if out is None:
        return default_destination(source, format_name)
    return out / place.with_suffix(suffix_for(source, format_name))


def color_one(colorizer: Colorizer, task: Task, options: BatchOptions) -> Result:
    """Do one task; never raises for a bad picture. What is there already is left, so that a run can go on."""
    outputs = (*options.pictures(task), *options.extras(task).values())
    if not options.overwrite and all(path.exists() and not _same(task, path) for path in outputs):
        return Result(task, "skipped", outputs=outputs)
    started = time.perf_counter()
    try:
        picture = Picture.read(task.source)
        picture.check_size(options.max_pixels)
        _write(colorizer, picture, task, options)
    except (ColorizingError, MemoryError) as error:
        said = str(error) or f"{task.source}: not enough memory"
        return Result(task, "failed", time.perf_counter() - started, error=" ".join(said.split()))
    seconds = time.perf_counter() - started
    return Result(task, "done", seconds, picture.width, picture.height, picture.pages, outputs=outputs)


def _write(colorizer: Colorizer, picture: Picture, task: Task, options: BatchOptions) -> None:
    """Colour a picture into all its files: predicted once a page, however many files."""
    paths, extras = options.pictures(task), options.extras(task)
    if picture.pages > 1 and extras:
        raise SettingError(f"{picture.name}: has {picture.pages} pages; variants and confidence need one")
    if not extras:
        _colour(colorizer, picture, task, paths[0], options, None)
        return
    look = options.look
    session = colorizer.session(picture, size=look.size, guide=options.guide, mood=look.mood, seed=look.seed)
    chromas = [session.predict()] if options.variants is None else session.variants(options.variants)
    if _missing(extras.get("confidence"), options):
        save_confidence(chromas[0], picture, colorizer.card.name, extras["confidence"], options.overwrite)
    for chroma, path in zip(chromas, paths, strict=True):
        _colour(colorizer, picture, task, path, options, chroma)
    if _missing(extras.get("sheet"), options):
        save_sheet([chroma.with_look(options.look) for chroma in chromas], picture, extras["sheet"], options.overwrite)


def _missing(path: Path | None, options: BatchOptions) -> bool:
    """Whether it is wanted and has to be written."""
    return path is not None and (options.overwrite or not path.exists())


def _colour(
    colorizer: Colorizer, picture: Picture, task: Task, path: Path, options: BatchOptions, chroma: Chroma | None
) -> None:
    if path.exists() and not options.overwrite and not _same(task, path):
        return
    colorizer.colorize_file(
        picture, path, look=options.look, guide=options.guide, output=options.output, chroma=chroma,
        overwrite=options.overwrite, max_pixels=options.max_pixels,
    )  # fmt: skip


def _same(task: Task, path: Path) -> bool:
    return task.source.exists() and path.exists() and path.samefile(task.source)


def run(
    colorizer: Colorizer,
    tasks: list[Task],
    options: BatchOptions,
    *,
    jobs: int = 1,
    report: Callable[[Result], None],
) -> None:
    """Do all tasks, ``jobs`` at once; ``report`` hears of each as it ends.

    A KeyboardInterrupt stops the running ones (what they were writing is removed) and is raised again.
    """
    waiting = iter(tasks)
    with ThreadPoolExecutor(jobs, thread_name_prefix="picture") as pool:

        def start(task: Task):  # type: ignore[no-untyped-def]
            return pool.submit(color_one, colorizer, task, options)

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
