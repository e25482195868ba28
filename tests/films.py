"""Short films for tests, written by PyAV; and what is in a written one, read back frame for frame."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from skimage import data

av = pytest.importorskip("av")

RATE = 24
SOUND_RATE = 16000


def panned(count: int, width: int = 160, height: int = 120, name: str = "coffee", step: float = 1.0) -> list:
    """A view that moves over a photograph by ``step`` pixels a frame, half as much down: grey, uint8 ``[H,W]``."""
    gray = getattr(data, name)()[..., :3] @ [0.2126, 0.7152, 0.0722]
    found = []
    for number in range(count):
        left, top = round(20 + 2 * step * number), round(10 + step * number)
        view = gray[top : top + 2 * height, left : left + 2 * width].reshape(height, 2, width, 2)
        found.append(view.mean((1, 3)).astype(np.uint8))
    return found


def write_film(
    path: Path, frames: list, *, codec: str = "ffv1", pixels: str = "yuv420p", times: list | None = None,
    sound: str | None = None, subtitles: bool = False, options: dict | None = None, prepare: Any = None,
    chapters: bool = False, color: dict | None = None,
) -> Path:  # fmt: skip
    """Write grey frames; ``times`` in 1/RATE of a second; ``prepare`` is told the stream before the first frame."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=RATE)
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt, stream.options = pixels, options or {}
        stream.codec_context.time_base = Fraction(1, 10 * RATE)
        if prepare:
            prepare(stream)
        other = container.add_stream(sound, rate=SOUND_RATE, layout="mono") if sound else None
        words = container.add_mux_stream("subrip") if subtitles else None
        if chapters:
            container.set_chapters(
                [{"id": n, "start": 500 * n, "end": 500 * (n + 1), "time_base": Fraction(1, 1000),
                  "metadata": {"title": f"part {n}"}} for n in range(2)]
            )  # fmt: skip
        for number, gray in enumerate(frames):
            frame = frame_of(gray, pixels)
            frame.pts = 10 * (times[number] if times else number)
            frame.time_base = Fraction(1, 10 * RATE)
            for name, value in (color or {}).items():
                setattr(frame, name, value)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        if other:
            _write_sound(container, other, len(frames) / RATE)
        if words:
            _write_words(container, words)
    return path


def frame_of(gray: np.ndarray, pixels: str) -> Any:
    """A frame of a pixel format whose luma is exactly these codes, where it has luma; else of that grey."""
    height, width = gray.shape
    if not pixels.startswith(("yuv", "gray")) or pixels == "yuyv422":
        return av.VideoFrame.from_ndarray(np.repeat(gray[..., None], 3, 2), format="rgb24").reformat(format=pixels)
    frame = av.VideoFrame(width, height, pixels)
    bits = frame.format.components[0].bits
    for number, plane in enumerate(frame.planes):
        dtype = np.uint8 if bits == 8 else np.dtype("<u2")
        rows = np.frombuffer(memoryview(plane), dtype)[: plane.height * plane.line_size // np.dtype(dtype).itemsize]
        rows = rows.reshape(plane.height, -1)
        rows[:, : plane.width] = gray.astype(dtype) << (bits - 8) if number == 0 else 1 << (bits - 1)
    return frame


def _write_sound(container: Any, stream: Any, seconds: float) -> None:
    tone = (3000 * np.sin(np.arange(int(seconds * SOUND_RATE)) / 6)).astype(np.int16)
    size = stream.codec_context.frame_size or 1024
    for start in range(0, len(tone), size):
        frame = av.AudioFrame.from_ndarray(tone[None, start : start + size], format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = SOUND_RATE, start, Fraction(1, SOUND_RATE)
        for part in av.AudioResampler(stream.format.name, "mono", SOUND_RATE).resample(frame):
            part.pts = start
            container.mux(stream.encode(part))
    container.mux(stream.encode(None))


def _write_words(container: Any, stream: Any) -> None:
    for number, text in enumerate(("First words.", "Then others.")):
        packet = av.Packet(text.encode())
        packet.stream, packet.time_base = stream, Fraction(1, 1000)
        packet.pts = packet.dts = 100 + 400 * number
        packet.duration = 300
        container.mux_one(packet)


@dataclass
class Written:
    """What is in a film: luma and times of its frames, and its other streams' packets."""

    lumas: list
    chromas: list
    times: list
    duration: Fraction | None
    frames: list
    stream: dict
    beside: dict
    metadata: dict
    chapters: list


def read_film(path: Path) -> Written:
    """Read it all by PyAV's own means."""
    beside: dict[str, list] = {}
    lumas, chromas, times, frames, durations = [], [], [], [], []
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        said = {
            "codec": stream.codec_context.name, "pixels": stream.codec_context.pix_fmt,
            "size": (stream.width, stream.height), "aspect": stream.sample_aspect_ratio,
            "range": stream.codec_context.color_range, "matrix": stream.codec_context.colorspace,
            "primaries": stream.codec_context.color_primaries, "transfer": stream.codec_context.color_trc,
            "order": stream.codec_context.field_order,
        }  # fmt: skip
        for packet in container.demux():
            if packet.stream is not stream:
                if packet.size:
                    beside.setdefault(packet.stream.type, []).append((packet.pts * packet.time_base, bytes(packet)))
                continue
            for frame in packet.decode():
                frames.append(frame)
                times.append(frame.pts * frame.time_base)
                durations.append(frame.duration * frame.time_base)
                planes = [plane_of(frame, number) for number in range(len(frame.planes))]
                lumas.append(planes[0])
                chromas.append(planes[1:])
        end = max(map(sum, zip(times, durations, strict=True)), default=None)
        return Written(lumas, chromas, times, end, frames, said, beside, dict(container.metadata), container.chapters())


def plane_of(frame: Any, number: int) -> np.ndarray:
    """A frame's plane as codes."""
    plane = frame.planes[number]
    bits = frame.format.components[min(number, len(frame.format.components) - 1)].bits
    dtype = np.dtype(np.uint8 if bits == 8 else "<u2")
    rows = np.frombuffer(bytes(plane), dtype)[: plane.height * plane.line_size // dtype.itemsize]
    packed = 2 if frame.format.name == "yuyv422" else 1  # luma is every other byte
    return rows.reshape(plane.height, -1)[:, : packed * plane.width : packed].copy()


def is_colored(written: Written) -> bool:
    """Whether any frame has colours."""
    return any(np.ptp(plane) > 4 for planes in written.chromas for plane in planes)
