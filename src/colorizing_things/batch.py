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

from .colorizer import Colorizer, Stopped
from .errors import ColorizingError, PictureError, SettingError
from .guidance.variants import check_count
from .imaging.confidence_map import save_confidence
from .imaging.contact_sheet import save_sheet
from .imaging.opening import open_picture
from .imaging.picture import PICTURE_SUFFIXES, SUFFIX_KINDS, Picture
from .imaging.writing import default_destination, is_same_file, output_format, suffix_for
from .options import ColorOptions, OutputOptions

RESULT_STEM = re.compile(r"\.color(\.\d+)?$")  # end of the stem of what we write beside an original
EXTRAS = (".sheet", ".confidence")  # and of what comes along with it


@dataclass(frozen=True)
class Task:
    """One picture to colour."""

    source: Path
    destination: Path


@dataclass(frozen=True)
class BatchOptions:
    """What is made of every picture.

    Attributes:
        color: how it is coloured.
        output: how it is written.
        variants: so many different colourings and a contact sheet; None: the likeliest alone.
        confidence: a map of it too.

    Raises:
        SettingError: a number of variants that cannot be meant.
    """

    color: ColorOptions = field(default_factory=ColorOptions)
    output: OutputOptions = field(default_factory=OutputOptions)
    variants: int | None = None
    confidence: bool = False

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


def plan(inputs: list[Path], out: Path | None, out_is_folder: bool, output: OutputOptions) -> list[Task]:
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
            is_result = _is_result(file) or (skip is not None and skip != path and skip in file.parents)
            if file.suffix.lower() in PICTURE_SUFFIXES and not hidden and not is_result and file.is_file():
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


def _destination(source: Path, place: Path, out: Path | None, into_folder: bool, output: OutputOptions) -> Path:
    if out is not None and not into_folder:
        output.named(out)  # a name that says no format of ours is an error before any work
        return out
    kind = SUFFIX_KINDS.get(source.suffix.lower()) or Picture.read(source).kind
    format_name = output_format(output.format, kind)
    if out is None:
        return default_destination(source, format_name)
    return out / place.with_suffix(suffix_for(source, format_name))


def color_one(colorizer: Colorizer, task: Task, options: BatchOptions) -> Result:
    """Do one task; never raises for a bad picture. What is there already is left, so that a run can go on."""
    outputs = (*options.pictures(task), *options.extras(task).values())
    if not any(_is_due(path, task, options) for path in outputs):
        return Result(task, "skipped", outputs=outputs)
    started = time.perf_counter()
    try:
        picture = open_picture(task.source, colorizer.max_pixels)
        _write(colorizer, picture, task, options)
    except (ColorizingError, MemoryError) as error:
        message = str(error) or f"{task.source}: not enough memory"
        return Result(task, "failed", time.perf_counter() - started, error=" ".join(message.split()))
    seconds = time.perf_counter() - started
    return Result(task, "done", seconds, picture.width, picture.height, picture.pages, outputs=outputs)


def _is_due(path: Path, task: Task, options: BatchOptions) -> bool:
    """Whether a file has to be written. One that is there is left alone, unless it is to be overwritten.

    The original counts as due, so that writing over it is an error and not a picture taken for done.
    """
    return options.output.overwrite or not path.exists() or is_same_file(path, task.source)


def _write(colorizer: Colorizer, picture: Picture, task: Task, options: BatchOptions) -> None:
    """Colour a picture into all its files that are due: predicted once a page, however many files."""
    color, output, extras = options.color, options.output, options.extras(task)
    if not extras:
        colorizer.colorize_file(picture, task.destination, options=color, output=output)
        return
    if picture.pages > 1:
        raise SettingError(f"{picture.name}: has {picture.pages} pages; variants and confidence need one")
    session = colorizer.session(picture, color)
    chromas = [session.predict()] if options.variants is None else session.variants(options.variants)
    due = {name: path for name, path in extras.items() if _is_due(path, task, options)}
    if "confidence" in due:
        save_confidence(chromas[0], picture, colorizer.card.name, due["confidence"], output.overwrite)
    for chroma, path in zip(chromas, options.pictures(task), strict=True):
        if _is_due(path, task, options):
            colorizer.colorize_file(picture, path, options=color, output=output, chroma=chroma)
    if "sheet" in due:
        save_sheet([chroma.with_look(color.look) for chroma in chromas], picture, due["sheet"], output.overwrite)


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
