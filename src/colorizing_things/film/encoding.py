"""How a film is written: codecs, containers, and one frame after the other into packets."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.codec.context import Flags

from colorizing_things.errors import PictureError, SettingError
from colorizing_things.system.processes import scheduling_kept
from colorizing_things.types import Codes

from .luma import Scale
from .planes import Grid
from .reading import Film, Frame

BT709, LIMITED, FULL = 1, 1, 2  # FFmpeg's codes for matrix, transfer and primaries; for ranges
FIELDS = {True: 2, False: 3}  # AVFieldOrder: top or bottom field first
COPIED = ("mp4", "mov", "mkv")  # containers that hold what we write and nearly any sound; others become mkv
FORMATS = {"mp4": ".mp4", "mov": ".mov", "mkv": ".mkv", "avi": ".avi", "webm": ".webm"}
MUXERS = {".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".mkv": "matroska", ".avi": "avi", ".webm": "webm"}


@dataclass(frozen=True)
class Codec:
    """A way to compress.

    Attributes:
        encoder: FFmpeg's name of it.
        bits: codes that it can hold; a film of more is rounded to the largest.
        subsampling: its chroma; None: as the film's.
        crf, most_crf: quality where none is asked for, and the worst there is; None: it has no such setting.
        options: further ones of the encoder.
    """

    encoder: str
    bits: tuple[int, ...] = (8,)
    subsampling: str | None = "420"
    crf: int | None = None
    most_crf: int = 51
    options: Mapping[str, str] = field(default_factory=dict)


CODECS = {
    "h264": Codec("libx264", crf=18, options={"preset": "veryfast"}),
    "hevc": Codec("libx265", (8, 10), crf=20, options={"preset": "fast", "x265-params": "log-level=none"}),
    "av1": Codec("libsvtav1", (8, 10), crf=28, most_crf=63, options={"preset": "8"}),
    "vp9": Codec("libvpx-vp9", crf=28, most_crf=63, options={"b": "0", "deadline": "good", "cpu-used": "4"}),
    "prores": Codec("prores_ks", (10,), "422", options={"profile": "3"}),
    "ffv1": Codec("ffv1", (8, 9, 10, 12, 14, 16), None, options={"level": "3", "slicecrc": "1"}),
}


@dataclass(frozen=True)
class FilmOutput:
    """How a film is written.

    Attributes:
        codec: h264, hevc, av1, vp9, prores, or ffv1, which loses nothing.
        crf: 0 (best) to what the codec has as worst; None: ours.
        format: mp4, mov, mkv, avi or webm; None: what the new file's name says, else the film's own.
        provenance: say in the metadata that the colours are machine-made.
        overwrite: replace a file that is there; the film itself is never replaced.

    Raises:
        SettingError: an unknown codec or format, or a quality that the codec does not have.

    Examples:
        >>> FilmOutput("av1", crf=30).codec
        'av1'
    """

    codec: str = "h264"
    crf: int | None = None
    format: str | None = None
    provenance: bool = True
    overwrite: bool = False

    def __post_init__(self) -> None:
        if self.codec not in CODECS:
            raise SettingError(f"codec {self.codec!r}: choose {', '.join(CODECS)}")
        if self.format is not None and self.format not in FORMATS:
            raise SettingError(f"format {self.format!r}: a film is written as {', '.join(FORMATS)}")
        codec = CODECS[self.codec]
        if self.crf is not None and codec.crf is None:
            raise SettingError(f"crf: {self.codec} has no such setting")
        if self.crf is not None and not 0 <= self.crf <= codec.most_crf:
            raise SettingError(f"crf {self.crf}: {self.codec} takes 0 (best) to {codec.most_crf}")

    def suffix(self, film: Path) -> str:
        """Of the new file.

        Examples:
            >>> FilmOutput().suffix(Path("reel.mpg")), FilmOutput(format="webm").suffix(Path("reel.mpg"))
            ('.mkv', '.webm')
        """
        if self.format is not None:
            return FORMATS[self.format]
        own = film.suffix.lower()
        if own in (".png", ".jpg", "") or "%" in film.name:
            return ".mp4"
        return own if own.lstrip(".") in COPIED else ".mkv"

    def into(self, destination: Path) -> FilmOutput:
        """The same, with the format that the new file's name says.

        Raises:
            SettingError: as :meth:`muxer`.

        Examples:
            >>> FilmOutput().into(Path("new.webm")).format
            'webm'
        """
        muxer = self.muxer(destination)
        return replace(self, format=next(name for name, end in FORMATS.items() if MUXERS[end] == muxer))

    def muxer(self, destination: Path) -> str:
        """FFmpeg's name of the container.

        Raises:
            SettingError: the new file's name says none of ours, or another than was asked for.

        Examples:
            >>> FilmOutput().muxer(Path("new.mkv"))
            'matroska'
        """
        suffix = destination.suffix.lower()
        if suffix not in MUXERS:
            raise SettingError(f"{destination}: a film is written as {', '.join(MUXERS)}; end its name so")
        if self.format is not None and MUXERS[FORMATS[self.format]] != MUXERS[suffix]:
            raise SettingError(f"{destination}: its name says {suffix[1:]}, and {self.format} is asked for")
        return MUXERS[suffix]


@dataclass(frozen=True)
class Target:
    """What the encoder is given.

    Attributes:
        pixels: FFmpeg's name of the pixel format.
        scale: of luma and chroma.
        grid: where chroma lies.
    """

    pixels: str
    scale: Scale
    grid: Grid


def target_for(film: Film, output: FilmOutput) -> Target:
    """What of a film's depth and chroma a codec keeps; FFV1 all of it, the range of its codes too."""
    codec = CODECS[output.codec]
    bits = min((n for n in codec.bits if n >= film.scale.bits), default=max(codec.bits))
    lossless = output.codec == "ffv1"
    subsampling = codec.subsampling or "420"
    if codec.subsampling is None and film.scale.full:
        subsampling = "444"  # it came as RGB, or as grey of the full range
    if subsampling == "420" and (film.width % 2 or film.height % 2) and not lossless:
        subsampling = "444"  # 4:2:0 needs even sides
    pixels = f"yuv{subsampling}p" + ("" if bits == 8 else f"{bits}le")
    grid = {"420": Grid(2, 2), "422": Grid(2, 1), "444": Grid(1, 1)}[subsampling]
    return Target(pixels, Scale(bits, film.scale.full and lossless), grid)


class Encoder:
    """One run of an encoder: frames in, packets out."""

    def __init__(self, film: Film, output: FilmOutput, interlaced: bool = False) -> None:
        """``interlaced``: code fields by themselves, where the codec can."""
        self.film, self.output, self.target, self.interlaced = film, output, target_for(film, output), interlaced
        os.environ.setdefault("SVT_LOG", "1")  # AV1's encoder would chat
        context = av.CodecContext.create(CODECS[output.codec].encoder, "w")
        assert isinstance(context, av.VideoCodecContext)
        self.configure(context)
        self.context = context
        try:
            with scheduling_kept():
                context.open()
        except (av.FFmpegError, ValueError) as error:
            raise PictureError(
                f"{film.name}: {output.codec} cannot write {film.width} x {film.height} pixels: {error}"
            ) from None

    def configure(self, context: av.VideoCodecContext) -> None:
        """Say how to encode, and what is known of the pictures beside their pixels."""
        codec, film, target = CODECS[self.output.codec], self.film, self.target
        settings = dict(codec.options)
        if codec.crf is not None:
            settings["crf"] = str(codec.crf if self.output.crf is None else self.output.crf)
        context.options = settings
        context.width, context.height, context.pix_fmt = film.width, film.height, target.pixels
        context.time_base, context.framerate = film.time_base, film.rate
        context.sample_aspect_ratio = film.pixel_aspect
        context.colorspace = context.color_primaries = context.color_trc = BT709
        context.color_range = FULL if target.scale.full else LIMITED
        context.flags |= Flags.global_header | Flags.frame_duration
        if self.output.format == "avi":
            context.max_b_frames = 0  # it knows no order of showing other than the one in which frames are stored
        if self.interlaced:
            context.field_order = FIELDS[film.top_first]
            if self.output.codec == "h264":
                context.flags |= Flags.interlaced_dct | Flags.interlaced_me

    def encode(self, frame: Frame, luma: Codes, u: Codes, v: Codes) -> list[av.Packet[Any]]:
        """Packets that are ready after this frame; ``luma``, ``u``, ``v`` are codes of the target's scale."""
        picture = av.VideoFrame(self.film.width, self.film.height, self.target.pixels)
        for plane, codes in zip(picture.planes, (luma, u, v), strict=True):
            rows = np.frombuffer(memoryview(plane), codes.dtype)[: plane.height * plane.line_size // codes.itemsize]
            rows.reshape(plane.height, -1)[:, : plane.width] = codes
        picture.pts, picture.time_base, picture.duration = frame.pts, self.film.time_base, frame.duration
        picture.colorspace, picture.color_range = BT709, FULL if self.target.scale.full else LIMITED
        return self.context.encode(picture)

    def flush(self) -> list[av.Packet[Any]]:
        """The packets still to come."""
        return self.context.encode(None)
