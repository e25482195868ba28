"""Many pictures: what to colour into what, and the doing of it, one after the other or a few at once."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from .colorizer import Colorizer, Stopped
from .errors import PictureError, SettingError
from .guidance.variants import check_count
from .imaging.confidence_map import save_confidence
from .imaging.contact_sheet import save_sheet
from .imaging.finding import RESULT_STEM, is_folder, walk
from .imaging.opening import open_picture
from .imaging.picture import SUFFIX_KINDS, Picture
from .imaging.writing import (
    default_destination,
    distinct_stem,
    is_same_file,
    output_format,
    remove_unfinished,
    suffix_for,
)
from .options import ColorOptions, OutputOptions
from .system import faults, stopping
from .system.defaults import MAX_PIXELS

SOON = 0.7  # s that running pictures have to end after Ctrl-C


@dataclass(frozen=True)
class Task:
    """One picture to colour, or a file that was found and is not coloured.

    Attributes:
        source, destination: the files.
        problem: why it cannot be coloured, known before it is opened.
        left_out: found in a folder, and named for that reason alone: no failure.
    """

    source: Path
    destination: Path
    problem: str = ""
    left_out: bool = False


@dataclass(frozen=True)
class BatchOptions:
    """What is made of every picture.

    Attributes:
        color: how it is coloured.
        output: how it is written.
        variants: so many different colourings and a contact sheet; None: the likeliest alone.
        confidence: a map of it too.
        negative: each is a negative, to be turned into a positive first.

    Raises:
        SettingError: a number of variants that cannot be meant.
    """

    color: ColorOptions = field(default_factory=ColorOptions)
    output: OutputOptions = field(default_factory=OutputOptions)
    variants: int | None = None
    confidence: bool = False
    negative: bool = False

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
    """What became of a task: ``status`` is done, skipped (there already), failed, or left out (of a folder).

    Attributes:
        note: what a user should know of the picture, or empty.
        outputs: all its files, of which ``written`` are new.
    """

    task: Task
    status: str
    seconds: float = 0.0
    width: int = 0
    height: int = 0
    pages: int = 1
    error: str = ""
    outputs: tuple[Path, ...] = ()
    written: tuple[Path, ...] = ()
    note: str = ""


def plan(
    inputs: list[Path], out: Path | None, out_is_folder: bool, output: OutputOptions, max_pixels: int = MAX_PIXELS
) -> list[Task]:
    """Turn files and folders into tasks. A file that is missing, say, is a task with a problem: the others go on.

    Args:
        inputs: files, and folders to be walked recursively.
        out: where to; None: beside each picture, as ``old.color.jpg``.
        out_is_folder: ``out`` was written as a folder (a slash at its end).
        output: its format decides suffixes.
        max_pixels: of a file that has to be opened, because its name does not say its format.

    Raises:
        SettingError: two pictures would get the same name, or a file's name says an unknown format.
    """
    into_folder = out is not None and (out_is_folder or is_folder(out) or len(inputs) > 1 or is_folder(inputs[0]))
    tasks: dict[Path, Task] = {}
    problems: list[Task] = []
    for found in walk(inputs, out if into_folder else None):
        if found.problem:
            problems.append(Task(found.source, found.source, found.problem, found.left_out))
            continue
        try:
            destination = _destination(found.source, found.place, out, into_folder, output, max_pixels)
        except PictureError as error:
            problems.append(Task(found.source, found.source, str(error)))
            continue
        if destination in tasks:
            other = tasks[destination].source
            if other == found.source:
                continue
            raise SettingError(
                f"{found.source}: would become {destination}, as {other} does; colour them into two folders, -o each"
            )
        tasks[destination] = Task(found.source, destination)
    return [*tasks.values(), *problems]


def _destination(
    source: Path, place: Path, out: Path | None, into_folder: bool, output: OutputOptions, max_pixels: int
) -> Path:
    if out is not None and not into_folder:
        output.named(out)  # a name that says no format of ours, or another than is asked for, is an error before work
        return out
    kind = SUFFIX_KINDS.get(source.suffix.lower()) or Picture.read(source, max_pixels).kind
    format_name = output_format(output.format, kind)
    if out is None:
        return default_destination(source, format_name)
    return out / place.with_name(distinct_stem(source, format_name) + suffix_for(source, format_name))


def color_one(colorizer: Colorizer, task: Task, options: BatchOptions) -> Result:
    """Do one task; never raises for a bad picture. What is there already is left, so that a run can go on."""
    if task.problem:
        return Result(task, "left out" if task.left_out else "failed", error=_line(task.problem))
    outputs = (*options.pictures(task), *options.extras(task).values())
    started = time.perf_counter()
    try:
        if not any(_is_due(path, task, options) for path in outputs):
            return Result(task, "skipped", outputs=outputs)
        picture = open_picture(task.source, colorizer.max_pixels)
        if options.negative:
            picture = picture.positive()
        with stopping.stoppable_by(colorizer.stopping):
            written = _write(colorizer, picture, task, options)
    except Stopped:
        raise
    except Exception as error:  # of a library too: it is this picture's failure, and not the run's
        message = faults.line(error, str(task.source))
    else:
        seconds = time.perf_counter() - started
        return Result(
            task, "done", seconds, picture.width, picture.height, picture.pages, outputs=outputs, written=written,
            note=picture.note,
        )  # fmt: skip
    return Result(task, "failed", time.perf_counter() - started, error=message)


def _line(message: str) -> str:
    return " ".join(message.split())


def _is_due(path: Path, task: Task, options: BatchOptions) -> bool:
    """Whether a file has to be written. One that is there is left alone, unless it is to be overwritten.

    The original counts as due, so that writing over it is an error and not a picture taken for done.
    """
    return options.output.overwrite or not faults.asked(path.exists, path) or is_same_file(path, task.source)


def _write(colorizer: Colorizer, picture: Picture, task: Task, options: BatchOptions) -> tuple[Path, ...]:
    """Colour a picture into all its files that are due: predicted once a page, however many files. What was written."""
    color, output, extras = options.color, options.output, options.extras(task)
    if not extras:
        return (colorizer.colorize_file(picture, task.destination, options=color, output=output),)
    if picture.pages > 1:
        raise SettingError(f"{picture.name}: has {picture.pages} pages; variants and confidence need one")
    session = colorizer.session(picture, color)
    chromas = [session.predict()] if options.variants is None else session.variants(options.variants)
    due = {name: path for name, path in extras.items() if _is_due(path, task, options)}
    written: list[Path] = []
    for chroma, path in zip(chromas, options.pictures(task), strict=True):
        if _is_due(path, task, options):
            written.append(colorizer.colorize_file(picture, path, options=color, output=output, chroma=chroma))
    if "confidence" in due:
        save_confidence(chromas[0], picture, colorizer.card.name, due["confidence"], output.overwrite)
    if "sheet" in due:
        save_sheet([chroma.with_look(color.look) for chroma in chromas], picture, due["sheet"], output.overwrite)
    return (*written, *due.values())


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
    pool = ThreadPoolExecutor(jobs, thread_name_prefix="picture")

    def start(task: Task):  # type: ignore[no-untyped-def]
        return pool.submit(color_one, colorizer, task, options)

    running = {start(task) for task in islice(waiting, jobs + 1)}
    try:
        while running:
            ended, running = wait(running, return_when=FIRST_COMPLETED)
            for future in ended:
                report(future.result())
                running |= {start(task) for task in islice(waiting, 1)}
    except BaseException as error:
        colorizer.stop()
        pool.shutdown(wait=False, cancel_futures=True)
        wait(running, SOON)
        remove_unfinished()
        if isinstance(error, KeyboardInterrupt | Stopped):
            raise KeyboardInterrupt from None
        raise
    pool.shutdown()


def counted(results: Counter[str]) -> str:
    """``3 done  0 skipped  1 failed``, and how many were left out, if any."""
    shown = {status: results[status] for status in ("done", "skipped", "failed")}
    if results["left out"]:
        shown["left out"] = results["left out"]
    return "  ".join(f"{count} {status}" for status, count in shown.items())
