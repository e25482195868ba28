"""Work that may be broken off: a film's packets in chunks, in a folder beside the new file, with where to go on."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

import av
import numpy as np

from .carry import Key
from .lock import LOCK

JOB, FINISHED = "job.json", "finished.json"


@dataclass(frozen=True)
class Point:
    """Where work goes on: the next frame's time and number, its shot, and its key."""

    pts: int
    frames: int
    shot: int
    key: Key


@dataclass
class Counts:
    """What became of the frames so far: how many, of how many shots; and the damaged and lost among them."""

    frames: int = 0
    shots: int = 0
    damaged: int = 0
    lost: int = 0
    other_sizes: int = 0
    interlaced: bool = False


@dataclass(frozen=True)
class Stored:
    """A packet in a chunk: times in the film's time base, and how many bytes it has."""

    pts: int
    duration: int
    is_key: bool
    size: int


class Work:
    """The folder of one film's work."""

    def __init__(self, folder: Path, job: dict[str, Any]) -> None:
        """Go on with what is there, if it is of the very same job; else begin anew. The folder is there, and ours."""
        self.folder = folder
        self.chunks = 0
        said = json.dumps(job, sort_keys=True)
        if _text(self.folder / JOB) != said:
            for old in self.folder.iterdir():
                if old.name != LOCK:
                    old.unlink()
            try:
                (self.folder / JOB).write_text(said, encoding="utf-8")
            except OSError:
                self.remove()
                raise
        while self._table(self.chunks).exists():
            self.chunks += 1
        last = self._table(self.chunks - 1)
        self.counts = Counts(**json.loads(last.read_text(encoding="utf-8"))["counts"]) if self.chunks else Counts()

    @property
    def finished(self) -> bool:
        """All of it is there."""
        return (self.folder / FINISHED).exists()

    def point(self) -> Point | None:
        """Where to go on; None: at the start."""
        if not self.chunks:
            return None
        with np.load(self._named(self.chunks - 1, "npz")) as kept:
            z = kept.get("z")
            key = Key(kept["ab"], kept["weight"], kept["small"], z)
            return Point(int(kept["pts"]), int(kept["frames"]), int(kept["shot"]), key)

    def begin(self) -> Chunk:
        """The next chunk."""
        return Chunk(self._named(self.chunks, "packets").open("wb"))

    def end(self, chunk: Chunk, counts: Counts, point: Point | None) -> None:
        """A chunk is whole, and work goes on at ``point``; None: the film is."""
        chunk.file.close()
        if point is not None:
            noise: dict[str, Any] = {} if point.key.z is None else {"z": point.key.z}
            np.savez(
                self._named(self.chunks, "npz"), ab=point.key.ab, weight=point.key.weight, small=point.key.small,
                pts=point.pts, frames=point.frames, shot=point.shot, **noise,
            )  # fmt: skip
        table, unfinished = self._table(self.chunks), self._named(self.chunks, "table")
        unfinished.write_text(json.dumps({"packets": chunk.packets, "counts": asdict(counts)}), encoding="utf-8")
        unfinished.replace(table)  # from here on it counts
        self.chunks += 1
        self.counts = counts
        if point is None:
            (self.folder / FINISHED).touch()

    def stored(self) -> Iterator[Stored]:
        """All packets, in the order in which they were made; of one chunk at a time."""
        for number in range(self.chunks):
            yield from self.packets(number)

    def packets(self, number: int) -> list[Stored]:
        """A chunk's packets, in the order in which they were made: later chunks' are all shown later."""
        return [Stored(*packet) for packet in json.loads(self._table(number).read_text(encoding="utf-8"))["packets"]]

    def data(self, number: int) -> Iterator[bytes]:
        """The bytes of a chunk's packets, one after the other."""
        with self._named(number, "packets").open("rb") as file:
            for packet in self.packets(number):
                yield file.read(packet.size)

    def remove(self) -> None:
        """The film is written: nothing of this is needed any more."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _named(self, number: int, suffix: str) -> Path:
        return self.folder / f"{number:05d}.{suffix}"

    def _table(self, number: int) -> Path:
        return self._named(number, "json")


class Chunk:
    """A chunk that is being written: the packets of one run of an encoder."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.packets: list[tuple[int, int, bool, int]] = []
        self.frames = 0

    def drop(self) -> None:
        """It will never be whole: give its space back."""
        with suppress(OSError):
            self.file.close()
        with suppress(OSError):
            Path(self.file.name).unlink()

    def add(self, packets: list[av.Packet[Any]]) -> None:
        """Packets of an encoder."""
        for packet in packets:
            assert packet.pts is not None
            self.packets.append((packet.pts, packet.duration or 0, packet.is_keyframe, packet.size))
            self.file.write(bytes(packet))


def folder_for(destination: Path) -> Path:
    """Where the work of a new file lies: hidden, beside it."""
    return destination.with_name(f".{destination.name}.unfinished")


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        return ""
