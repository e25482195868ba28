"""A film into a new file: coloured, encoded in chunks, joined with its sound."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path

import av

from colorizing_things.errors import PictureError
from colorizing_things.imaging.writing import check_destination, is_same_file, write_atomically
from colorizing_things.model.model import Model
from colorizing_things.system import faults
from colorizing_things.system.stopping import Stopped
from colorizing_things.types import Codes

from .chunks import Chunk, Counts, Point, Work, folder_for
from .coloring import ColoredFrame, FilmOptions, color_frames
from .encoding import Encoder, FilmOutput, target_for
from .joining import check_fits, join
from .lock import locked
from .planes import chroma_planes
from .prefetch import in_order, prefetch
from .reading import Film, ReadReport

CHUNK = 240  # frames, at least
AT_ONCE = 2  # frames joined side by side
DEPTH = 3


@dataclass(frozen=True)
class Progress:
    """How far a film is: frames done and about how many there are, the shot, frames a second, seconds of film."""

    frames: int
    expected: int | None
    shot: int
    rate: float


@dataclass(frozen=True)
class FilmResult:
    """What became of a film.

    Attributes:
        path: the new file.
        counts: of its frames.
        seconds: that this run took.
        frames: that this run coloured; fewer than all where an earlier run had begun.
        broken_off: the film's file ends in the middle of something.
    """

    path: Path
    counts: Counts
    seconds: float
    frames: int
    broken_off: bool


def destination_for(film: Film, output: FilmOutput) -> Path:
    """Beside the film: ``reel.color.mp4``; of ``frames/%05d.png`` and of a folder, ``frames.color.mp4``."""
    source = film.path.parent if "%" in film.path.name else film.path
    stem = source.name if source.is_dir() else source.stem
    return source.with_name(f"{stem}.color{output.suffix(film.path)}")


def make_film(
    model: Model,
    film: Film,
    destination: Path | None = None,
    options: FilmOptions | None = None,
    output: FilmOutput | None = None,
    report: Callable[[Progress], None] = lambda progress: None,
) -> FilmResult:
    """Colour a film into a file, which appears whole. Broken off, the same call goes on from where it was.

    What is done so far lies in a hidden folder beside the new file; after a KeyboardInterrupt, or what else ``report``
    raises, it is joined into a file that can be played (``reel.color.part.mp4``); not where nobody waits for it any
    longer (:class:`.Stopped`).

    Raises:
        PictureError: the film cannot be read or the new file not written, it exists already, or another run is at it.
        SettingError: an option that cannot work.
    """
    options, output = options or FilmOptions(), output or FilmOutput()
    path = destination or destination_for(film, output)
    muxer, output = output.muxer(path), output.into(path)
    check_destination(path, film.path, output.overwrite)
    check_fits(film, output, muxer, path)
    part = path.with_name(f"{path.stem}.part{path.suffix}")
    with _refusals_of(path), locked(folder_for(path), path):
        work = Work(folder_for(path), _job(model, film, options, output))
        making = _Making(model, film, options, output, work, report)
        try:
            if not work.finished:
                making.run()
        except BaseException as error:
            if not work.chunks:
                work.remove()
            elif not isinstance(error, Stopped) and not is_same_file(part, film.path):
                making.keep_part(part, muxer)
            raise
        write_atomically(path, lambda to: join(film, output, work, to, muxer, making.span()))
        work.remove()
        part.unlink(missing_ok=True)
    return FilmResult(path, work.counts, time.perf_counter() - making.began, making.done, making.found.broken_off)


@contextmanager
def _refusals_of(path: Path) -> Iterator[None]:
    """Say in one line what the system refuses while a film is made; a full disk always in the same words."""
    try:
        yield
    except (OSError, PictureError) as error:
        refused = getattr(error, "refused", None) or (faults.explain(error) or ("",))[0]
        if refused == faults.SPACE:
            said = f"{path}: no space left; make some, and run the same again to go on"
            raise faults.refusal(said, faults.SPACE) from None
        if isinstance(error, PictureError):
            raise
        raise PictureError(f"{path}: cannot be written: {error.strerror or error}") from None


def _job(model: Model, film: Film, options: FilmOptions, output: FilmOutput) -> dict[str, object]:
    """What must be the same for work to be gone on with."""
    guide = options.color.guide
    color = replace(options.color, guide=type(guide)())
    stat = film.path.stat() if film.path.exists() else None
    return {
        "version": version("colorizing-things"), "pyav": av.__version__, "model": model.card.checksum,
        "film": [str(film.path.resolve()), str(film.rate), *((stat.st_size, stat.st_mtime_ns) if stat else ())],
        "color": repr(color), "reference": guide.reference.name if guide.reference else "",
        "hints": repr(options.hints), "span": [options.since, options.until],
        "output": {name: value for name, value in asdict(output).items() if name != "overwrite"},
    }  # fmt: skip


class _Making:
    """One run."""

    def __init__(
        self,
        model: Model,
        film: Film,
        options: FilmOptions,
        output: FilmOutput,
        work: Work,
        report: Callable[[Progress], None],
    ) -> None:
        self.model, self.film, self.options, self.output = model, film, options, output
        self.work, self.report = work, report
        self.found = ReadReport()
        self.began = time.perf_counter()
        self.done = 0
        self.target = target_for(film, output)
        self._end: int | None = None  # of the last frame

    def span(self, part: bool = False) -> tuple[int, int | None]:
        """Where in the film the new file begins and ends, in its time base."""
        since = self.film.start
        if self.options.since is not None:
            since = min(packet.pts for packet in self.work.packets(0))
        whole = self.options.until is None and not part
        return since, None if whole else max(packet.pts + packet.duration for packet in self.work.stored())

    def keep_part(self, path: Path, muxer: str) -> None:
        """What is done so far as a file that can be played; where there is no room for it, the work alone is kept."""
        with suppress(OSError, PictureError):
            write_atomically(path, lambda to: join(self.film, self.output, self.work, to, muxer, self.span(part=True)))

    def run(self) -> None:
        """Colour and encode what is left."""
        point = self.work.point()
        since, key, shot = (point.pts, point.key, point.shot) if point else (None, None, -1)
        frames = color_frames(self.model, self.film, self.options, self.found, since, key, shot)
        with ExitStack() as stack:
            pool = stack.enter_context(ThreadPoolExecutor(AT_ONCE, thread_name_prefix="join"))
            planes = prefetch(in_order(frames, self._planes, pool, AT_ONCE), DEPTH)
            stack.callback(planes.close)  # type: ignore[attr-defined]
            self._encode(planes)

    def _planes(self, colored: ColoredFrame) -> tuple[Codes, Codes, Codes]:
        luma = self.film.scale.converted(colored.frame.luma, self.target.scale)
        return (luma, *chroma_planes(luma, self.target.scale, colored.ab, self.target.grid))

    def _encode(self, planes) -> None:  # type: ignore[no-untyped-def]
        chunk: Chunk | None = None
        encoder: Encoder | None = None
        counts = replace(self.work.counts)
        try:
            for colored, (luma, u, v) in planes:
                if chunk is not None and encoder is not None and chunk.frames >= CHUNK and colored.key is not None:
                    chunk.add(encoder.flush())
                    self.work.end(chunk, replace(counts), _point(colored, counts))
                    chunk = None
                if chunk is None or encoder is None:
                    counts.interlaced = counts.interlaced or (self.film.interlaced and colored.frame.interlaced)
                    chunk, encoder = self.work.begin(), Encoder(self.film, self.output, counts.interlaced)
                chunk.add(encoder.encode(colored.frame, luma, u, v))
                chunk.frames += 1
                self._count(counts, colored)
                self.report(self._progress(counts, colored))
            if chunk is not None and encoder is not None:
                chunk.add(encoder.flush())
                self.work.end(chunk, counts, None)
                chunk = None
        finally:
            if chunk is not None:
                chunk.drop()
        if not self.work.chunks:
            raise PictureError(f"{self.film.name}: has no frame between those moments")

    def _count(self, counts: Counts, colored: ColoredFrame) -> None:
        self.done += 1
        counts.frames += 1
        counts.shots = colored.shot + 1
        counts.damaged += colored.frame.damaged
        counts.lost, counts.other_sizes = self.found.lost, self.found.other_sizes

    def _progress(self, counts: Counts, colored: ColoredFrame) -> Progress:
        rate = self.done / max(time.perf_counter() - self.began, 1e-3)
        return Progress(counts.frames, expected_frames(self.film, self.options), colored.shot, rate)


def expected_frames(film: Film, options: FilmOptions) -> int | None:
    """About how many frames are to be coloured; None where the file does not say how long it is."""
    if film.seconds is None:
        return None
    end = film.seconds if options.until is None else min(film.seconds, options.until)
    return max(1, round((end - (options.since or 0)) * float(film.rate)))


def _point(colored: ColoredFrame, counts: Counts) -> Point:
    assert colored.key is not None
    return Point(colored.frame.pts, counts.frames, colored.shot - colored.begins, colored.key)
