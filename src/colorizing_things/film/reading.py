"""Film: an opened film, and its frames as luma with their times."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.codec.context import Flags

from colorizing_things.errors import PictureError, SettingError, TooLargeError
from colorizing_things.system.stopping import current
from colorizing_things.types import Codes

from .luma import Scale, luma_of, resized, scale_of
from .need import is_sequence

PICTURES = (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".webp")  # of a folder that is a film
HDR = {16: "PQ", 18: "HLG"}  # AVColorTransferCharacteristic
MOST_FAILURES = 1000  # packets in a row that cannot be decoded: then it is no film


@dataclass(frozen=True)
class ReadLimits:
    """What is read of a file that a stranger has sent; anything, where nothing is said.

    Attributes:
        formats: containers, by FFmpeg's names. Playlists are none: they name other files, and other hosts.
        codecs: of pictures, by FFmpeg's names of decoders, and of sound.
        pixels: of a frame, at most.
    """

    formats: tuple[str, ...]
    codecs: tuple[str, ...]
    pixels: int


@dataclass(frozen=True)
class Frame:
    """One frame.

    Attributes:
        number: from 0 at the film's start.
        pts, duration: when it is shown and how long, in units of the film's time base.
        luma: codes ``[H,W]`` of the film's scale.
        damaged: the decoder could not make all of it.
        interlaced: it holds two fields.
    """

    number: int
    pts: int
    duration: int
    luma: Codes
    damaged: bool = False
    interlaced: bool = False


@dataclass
class ReadReport:
    """What reading has come upon, for people: filled while frames are read.

    Attributes:
        lost: packets of which the decoder made nothing.
        other_sizes: frames of another size than the first, which were brought to it.
        broken_off: the file ends in the middle of something.
    """

    lost: int = 0
    other_sizes: int = 0
    broken_off: bool = False


@dataclass(frozen=True)
class Film:
    """A film and what does not change in it. Made by :func:`open_film`.

    Attributes:
        path: the file, or the pattern or folder of an image sequence.
        width, height: of its frames as they are stored, in pixels.
        pixel_aspect: a pixel's width by its height.
        turn: counter-clockwise quarter turns that bring a stored frame upright.
        matrix: the display matrix that says so, nine integers; None where there is none.
        scale: of its luma.
        time_base: the unit of times, in seconds.
        start: when the first frame is shown.
        rate: frames a second, on average.
        seconds: how long it is; None where the file does not say.
        interlaced, top_first: it is stored in fields; which of a frame comes first.
        alpha: it has transparency, which is not kept.
        format: its container, as FFmpeg calls it.
    """

    path: Path
    width: int
    height: int
    pixel_aspect: Fraction
    turn: int
    matrix: tuple[int, ...] | None
    scale: Scale
    time_base: Fraction
    start: int
    rate: Fraction
    seconds: float | None
    interlaced: bool
    top_first: bool
    alpha: bool
    format: str
    _how: tuple[str, str | None, dict[str, str], ReadLimits | None] = field(repr=False, default=("", None, {}, None))

    @property
    def name(self) -> str:
        """For messages."""
        return str(self.path)

    @property
    def upright(self) -> tuple[int, int]:
        """(width, height) of a frame as it is shown: upright, in pixels of its own."""
        return (self.height, self.width) if self.turn % 2 else (self.width, self.height)

    @property
    def shown_shape(self) -> tuple[int, int]:
        """(width, height) of the same with square pixels: the shape that people see."""
        wide, high = self.width * self.pixel_aspect, Fraction(self.height)
        if self.turn % 2:
            wide, high = high, wide
        return max(1, round(wide)), max(1, round(high))

    def seconds_of(self, pts: int) -> float:
        """From the first frame on."""
        return float((pts - self.start) * self.time_base)

    @contextmanager
    def opened(self) -> Iterator[av.container.InputContainer]:
        """The file, opened once more."""
        with _opened(*self._how, self.name) as container:
            yield container

    def frames(
        self, since: int | None = None, found: ReadReport | None = None, keys_only: bool = False
    ) -> Iterator[Frame]:
        """Its frames in order, times strictly rising.

        Args:
            since: leave out what is shown before that time; found by the file's index where it has one. Frames are
                then numbered from there.
            found: where to note what is wrong with the file.
            keys_only: leave out what cannot be decoded by itself.

        Raises:
            PictureError: nothing can be decoded.
            Stopped: nobody waits for them any longer.
        """
        found = found if found is not None else ReadReport()
        number, last = 0, None
        step = max(1, round(1 / (self.rate * self.time_base)))
        for frame in self._decoded(since, found, keys_only):
            current().check()
            pts = frame.pts if frame.pts is not None else self.start if last is None else last + step
            if since is not None and pts < since:
                continue
            if last is not None and pts <= last:  # a broken file's: no two frames may be shown at once
                pts = last + 1
            luma = self._in_shape(frame, found)
            yield Frame(number, pts, frame.duration or step, luma, frame.is_corrupt, frame.interlaced_frame)
            number, last = number + 1, pts
        if last is None and since is None:
            raise PictureError(f"{self.name}: not one frame can be read; the file is damaged or empty")

    def _in_shape(self, frame: av.VideoFrame, found: ReadReport) -> Codes:
        luma = scale_of(frame.format, frame.color_range).converted(luma_of(frame), self.scale)
        if luma.shape != (self.height, self.width):
            found.other_sizes += 1
            luma = resized(luma, self.width, self.height)
        return luma

    def _decoded(self, since: int | None, found: ReadReport, keys_only: bool) -> Iterator[av.VideoFrame]:
        with self.opened() as container:
            stream = container.streams.video[0]
            _use_threads(stream)
            if keys_only:
                stream.codec_context.skip_frame = "NONKEY"
            if since is not None and since > self.start:
                with suppress(av.FFmpegError, OSError, OverflowError):  # no index, or no such time: from its start
                    container.seek(since, stream=stream, backward=True)
            yield from _frames_of(container, stream, found)


def _frames_of(container: av.container.InputContainer, stream: Any, found: ReadReport) -> Iterator[av.VideoFrame]:
    """All that can be decoded, up to the end or to where the file is cut off."""
    packets = container.demux(stream)
    failures = 0
    while failures <= MOST_FAILURES:
        try:
            packet = next(packets, None)
        except av.FFmpegError:  # cut off: what came before it counts
            found.broken_off, packet = True, None
        try:
            yield from stream.decode(packet)  # None brings out what the decoder still holds
            failures = 0
        except av.EOFError:
            return
        except av.FFmpegError:
            found.lost += 1
            failures += 1
        if packet is None:
            return


def open_film(path: str | Path, fps: float | None = None, limits: ReadLimits | None = None) -> Film:
    """Look into a film.

    Args:
        path: a file; a pattern as ``frames/%05d.png``; or a folder of numbered pictures.
        fps: of an image sequence, which says nothing of it.
        only: what is let near a decoder.

    Raises:
        TooLargeError: its frames have more pixels than ``limits`` allows.
        PictureError: it is missing, damaged, without moving pictures, or of a kind that is not read (HDR).
        SettingError: an image sequence without ``fps``, or a film with it.
    """
    path = Path(path)
    how = (*_how_to_open(path, fps), limits)
    with _opened(*how, str(path)) as container:
        if not container.streams.video:
            raise PictureError(f"{path}: has no moving pictures, only {_kinds(container)}")
        stream = container.streams.video[0]
        if stream.codec_context is None:
            raise PictureError(f"{path}: its pictures are of a kind that FFmpeg here cannot decode")
        if limits is not None:
            _check(limits, stream.codec_context, str(path))
        first = _first_frame(container, stream, str(path))
        return replace(_described(path, container, stream, first), _how=how)


def _check(limits: ReadLimits, context: Any, name: str) -> None:
    if context.name not in limits.codecs:
        raise PictureError(f"{name}: its pictures are compressed as {context.name}, which is not read here")
    if context.width * context.height > limits.pixels:
        raise TooLargeError(context.width, context.height, limits.pixels, name)


def _described(path: Path, container: Any, stream: Any, first: av.VideoFrame) -> Film:
    context = stream.codec_context
    if first.color_trc in HDR:
        raise PictureError(
            f"{path}: is HDR ({HDR[first.color_trc]}), which is not read; convert it to BT.709 first, with FFmpeg's"
            " zscale and tonemap filters, say"
        )
    rate = stream.average_rate or stream.guessed_rate or stream.base_rate or Fraction(25)
    seconds = None
    if stream.duration is not None:
        seconds = float(stream.duration * stream.time_base)
    elif container.duration is not None:
        seconds = container.duration / av.time_base
    matrix = _matrix(first)
    return Film(
        path, first.width, first.height, stream.sample_aspect_ratio or Fraction(1), round(first.rotation / 90) % 4,
        matrix, scale_of(first.format, first.color_range), stream.time_base,
        first.pts if first.pts is not None else stream.start_time or 0, rate, seconds,
        first.interlaced_frame or context.field_order > 1, context.field_order not in (3, 5),
        any(part.is_alpha for part in first.format.components), container.format.name,
    )  # fmt: skip


def _matrix(frame: av.VideoFrame) -> tuple[int, ...] | None:
    try:
        matrix = frame.side_data["DISPLAYMATRIX"]  # type: ignore[typeddict-item]
        return struct.unpack("=9i", bytes(matrix))
    except (KeyError, struct.error):
        return None


def _first_frame(container: Any, stream: Any, name: str) -> av.VideoFrame:
    first = next(_frames_of(container, stream, ReadReport()), None)
    if first is None:
        raise PictureError(f"{name}: not one frame can be read; the file is damaged or empty")
    return first


def _use_threads(stream: Any) -> None:
    stream.thread_type = "AUTO"
    stream.codec_context.flags |= Flags.output_corrupt  # a damaged frame is shown as far as it goes


def _how_to_open(path: Path, fps: float | None) -> tuple[str, str | None, dict[str, str]]:
    """FFmpeg's name of it, format and options."""
    if path.is_dir():
        return _sequence_in(path), "image2", _at_rate(path, fps, {"pattern_type": "glob"})
    if is_sequence(path):
        if not path.parent.is_dir():
            raise PictureError(f"{path.parent}: no such folder")
        return str(path), "image2", _at_rate(path, fps, {})
    if fps is not None:
        raise SettingError(f"fps: {path} is no image sequence, and says its frame rate itself")
    return str(path), None, {}


def _at_rate(path: Path, fps: float | None, options: dict[str, str]) -> dict[str, str]:
    if fps is None:
        raise SettingError(f"{path}: an image sequence does not say how fast it is shown; give --fps, as --fps 16")
    if not 0 < fps <= 1000:
        raise SettingError(f"fps {fps:g}: must be over 0, and 1000 at most")
    return {**options, "framerate": str(Fraction(fps).limit_denominator(1001))}


def _sequence_in(folder: Path) -> str:
    """FFmpeg's pattern for the pictures of a folder: all of one suffix, in the order of their names."""
    suffixes = sorted({file.suffix for file in folder.iterdir() if file.suffix.lower() in PICTURES})
    if not suffixes:
        raise PictureError(f"{folder}: holds no numbered pictures; looked for {', '.join(PICTURES)}")
    if len(suffixes) > 1:
        raise PictureError(f"{folder}: holds pictures of several kinds ({', '.join(suffixes)}); a film needs one")
    escaped = "".join(f"\\{letter}" if letter in "*?[]{}\\" else letter for letter in str(folder))
    return f"{escaped}/*{suffixes[0]}"


@contextmanager
def _opened(
    name: str, kind: str | None, options: dict[str, str], limits: ReadLimits | None, shown: str
) -> Iterator[av.container.InputContainer]:
    if limits is not None:
        lists = {"format_whitelist": limits.formats, "codec_whitelist": limits.codecs, "protocol_whitelist": ("file",)}
        options = {**options, **{name: ",".join(allowed) for name, allowed in lists.items()}}
    try:
        container = av.open(name, format=kind, options=options)
    except FileNotFoundError:
        raise PictureError(f"{shown}: no such file") from None
    except IsADirectoryError:
        raise PictureError(f"{shown}: is a folder") from None
    except PermissionError:
        raise PictureError(f"{shown}: cannot be opened: permission denied") from None
    except (av.FFmpegError, ValueError, OSError) as error:
        said = getattr(error, "strerror", None) or error
        raise PictureError(f"{shown}: no film that can be read: {said}") from None
    with container:
        if limits is not None and container.streams.video and container.streams.video[0].codec_context is not None:
            container.streams.video[0].codec_context.options = {"max_pixels": str(limits.pixels)}
        yield container


def _kinds(container: Any) -> str:
    return ", ".join(sorted({stream.type or "data" for stream in container.streams})) or "nothing"
