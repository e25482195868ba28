"""The new file: our pictures' packets, and the film's own sound, subtitles, chapters and tags, bit for bit."""

from __future__ import annotations

import heapq
import io
from collections import deque
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from colorizing_things.errors import SettingError
from colorizing_things.system.processes import scheduling_kept

from .chunks import Stored, Work
from .encoding import Encoder, FilmOutput
from .reading import Film

COPIED = ("audio", "subtitle")
CLOCKED = ("mp4", "mov")  # containers whose clock can be set


def check_fits(film: Film, output: FilmOutput, muxer: str, destination: Path) -> None:
    """Before an hour's work: whether the container takes our pictures and all that is copied.

    Raises:
        SettingError: it does not.
    """
    with film.opened() as source, av.open(io.BytesIO(), "w", format=muxer) as container:
        _add_streams(container, source, Encoder(film, output), film, destination)
        try:
            with scheduling_kept():
                container.start_encoding()
        except (av.FFmpegError, ValueError) as error:
            kinds = " with ".join([output.codec, *sorted({_codec_name(stream) for stream in _copied(source)})])
            raise SettingError(
                f"{destination}: {muxer} does not take {kinds} ({_said(error)});"
                " give the new file a name that ends in .mkv"
            ) from None


def join(film: Film, output: FilmOutput, work: Work, path: Path, muxer: str, span: tuple[int, int | None]) -> None:
    """Write the new file from what is there of the work.

    Args:
        film, output: what is written, and how.
        work: with at least one chunk.
        path: of the new file.
        muxer: its container.
        span: where in the film it begins and ends, in its time base: times begin at 0 then, sound is cut to it; of a
            whole film, its start and None, and times stay as they are.
    """
    encoder = Encoder(film, output, work.counts.interlaced)
    with film.opened() as source, av.open(str(path), "w", format=muxer, options=_options(muxer, film)) as container:
        added = _add_streams(container, source, encoder, film, path)
        _tell(container, source, film, output, span)
        with scheduling_kept():
            container.start_encoding()
        shift = 0 if span[0] == film.start else span[0]
        video = _pictures(work, film, added.pop(None), shift)
        beside = _beside(source, added, film, span, shift)
        for _, _, packet in heapq.merge(video, beside):
            container.mux_one(packet)


def _add_streams(container: Any, source: Any, encoder: Encoder, film: Film, destination: Path) -> dict[Any, Any]:
    """The new file's streams by those of the film; ours by None."""
    name = encoder.context.codec.name
    added: dict[Any, Any] = {}
    try:
        added[None] = stream = container.add_stream(name, rate=film.rate)
    except ValueError:
        raise SettingError(
            f"{destination}: {container.format.name} does not hold {encoder.output.codec}; choose another --codec"
        ) from None
    encoder.configure(stream.codec_context)
    stream.time_base = film.time_base
    if film.matrix is not None:
        stream.set_display_matrix(film.matrix)
    stream.metadata.update(_kept(source.streams.video[0].metadata))
    for other in _copied(source):
        try:
            added[other] = copy = container.add_stream_from_template(other)
        except (ValueError, av.FFmpegError):
            raise SettingError(
                f"{destination}: {container.format.name} does not hold {other.type} in {_codec_name(other)};"
                " give the new file a name that ends in .mkv"
            ) from None
        copy.metadata.update(_kept(other.metadata))
        copy.disposition = other.disposition
    return added


def _tell(container: Any, source: Any, film: Film, output: FilmOutput, span: tuple[int, int | None]) -> None:
    container.metadata.update(_kept(source.metadata))
    if output.provenance:
        own = source.metadata.get("comment", "")
        said = "The colours are machine-made (trainedAlgorithmicMedia)."
        container.metadata["comment"] = f"{own} {said}".strip()
    if span == (film.start, None) and source.chapters():
        container.set_chapters(source.chapters())


def _pictures(work: Work, film: Film, stream: Any, shift: int) -> Iterator[tuple[Fraction, int, av.Packet[Any]]]:
    """Our packets with the times at which a decoder wants them: sorted, and none after its picture is shown.

    Every run of an encoder counts them anew; so they are made again for all of the film, later by as many frames as any
    picture comes before one that is shown earlier. One chunk's are in memory, not a long film's.
    """
    late = max(_latest(work.packets(number)) for number in range(work.chunks))
    wanted: deque[int] = deque()
    for number in range(work.chunks):
        packets = work.packets(number)
        shown = sorted(packet.pts for packet in packets)
        if number == 0:
            step = shown[1] - shown[0] if len(shown) > 1 else 1
            wanted.extend(shown[0] - step * (late - n) for n in range(late))
        wanted.extend(shown)
        for packet, data in zip(packets, work.data(number), strict=True):
            made = av.Packet(data)
            made.stream, made.time_base = stream, film.time_base
            made.pts, made.dts, made.duration = packet.pts - shift, wanted.popleft() - shift, packet.duration
            made.is_keyframe = packet.is_key
            yield made.dts * film.time_base, 0, made


def _latest(packets: list[Stored]) -> int:
    """By how many places a packet lies behind its picture's place among those shown, at most."""
    place = {pts: number for number, pts in enumerate(sorted(packet.pts for packet in packets))}
    return max(number - place[packet.pts] for number, packet in enumerate(packets))


def _beside(
    source: Any, added: dict[Any, Any], film: Film, span: tuple[int, int | None], shift: int
) -> Iterator[tuple[Fraction, int, av.Packet[Any]]]:
    """The film's own packets, within the span."""
    if not added:
        return
    begin = span[0] * film.time_base if shift else None
    end = span[1] * film.time_base if span[1] is not None else None
    number = 0
    try:
        for packet in source.demux(*added):
            if packet.dts is None and packet.pts is None:
                continue
            base = packet.time_base
            time = (packet.pts if packet.pts is not None else packet.dts) * base
            if (begin is not None and time < begin) or (end is not None and time >= end):
                continue
            back = round(shift * film.time_base / base)
            packet.stream = added[packet.stream]
            packet.pts = None if packet.pts is None else packet.pts - back
            packet.dts = None if packet.dts is None else packet.dts - back
            number += 1
            yield (packet.dts if packet.dts is not None else packet.pts) * base, number, packet
    except av.FFmpegError:  # the film is cut off: what came before counts
        return


def _copied(source: Any) -> list[Any]:
    return [stream for stream in source.streams if stream.type in COPIED]


def _codec_name(stream: Any) -> str:
    context = stream.codec_context
    return str(context.name if context is not None else stream.type)


def _kept(metadata: dict[str, str]) -> dict[str, str]:
    """But for what the new file's writer says itself."""
    own = {"encoder", "major_brand", "minor_version", "compatible_brands", "handler_name", "vendor_id", "duration"}
    own |= {"number_of_bytes", "number_of_frames", "bps"}
    return {name: text for name, text in metadata.items() if name.lower().partition("-")[0] not in own}


def _options(muxer: str, film: Film) -> dict[str, str]:
    """So that the container's clock has the film's own ticks."""
    if muxer in CLOCKED and film.time_base.numerator == 1 and film.time_base.denominator >= 1000:
        return {"video_track_timescale": str(film.time_base.denominator)}
    return {}


def _said(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error)
