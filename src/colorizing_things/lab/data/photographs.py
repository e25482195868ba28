"""Photographs on disk -> one uint8 memory map, decoded once.

A data set is a folder of pictures, of parquet shards (columns ``image`` with ``bytes``, and optionally ``source``),
of both, or one such file. Pictures are shrunk to a shorter side of at most ``STORED_SIZE`` (or what the recipe asks
for), cropped to at most 3:2, and kept as uint8 sRGB. The dev split is decided by the picture's bytes, so it is the
same whatever the order, the machine, or the pictures beside it; what ``colorize augment`` drew is never in it.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import zlib
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
import numpy.typing as npt
import platformdirs
from filelock import FileLock
from rich.progress import track

from colorizing_things.errors import PictureError
from colorizing_things.system import faults
from colorizing_things.system.processes import cores

from .reading import DecodedPicture, decode
from .sources import AUGMENTED_MARKER, PICTURE_SUFFIXES, list_files, read_encoded

__all__ = ["AUGMENTED_MARKER", "PICTURE_SUFFIXES", "PhotographSet", "Photographs", "open_photographs"]

STORED_SIZE = 144  # px
FORMAT = 2  # of the cache
HASH = 2654435761  # Knuth 1973, vol. 3, section 6.4
COLORLESS = ("", "grey", "tinted")


@dataclass(frozen=True)
class Photographs:
    """Decoded pictures: ``photographs[i]`` is a uint8 sRGB array ``[H, W, 3]``."""

    pixels: npt.NDArray[np.uint8]  # flat memory map
    offsets: npt.NDArray[np.int64]
    shapes: npt.NDArray[np.int32]  # [N, 2]: height, width
    sources: list[str]  # one per picture
    checksums: npt.NDArray[np.int64]  # CRC-32 of each picture's pixels
    checked: dict[int, bool] = field(default_factory=dict)  # by offset: looked at once, known good

    def __len__(self) -> int:
        return len(self.offsets)

    def __getitem__(self, index: int) -> npt.NDArray[np.uint8]:
        height, width = (int(n) for n in self.shapes[index])
        start = int(self.offsets[index])
        flat = self.pixels[start : start + height * width * 3]
        if start not in self.checked:
            if zlib.crc32(flat.data) != self.checksums[index]:
                folder = Path(getattr(self.pixels, "filename", "the cache")).parent
                raise PictureError(f"{folder}: decoded photographs are damaged; delete the folder, it is made again")
            self.checked[start] = True
        return flat.reshape(height, width, 3)

    def subset(self, indices: npt.NDArray[np.integer]) -> Photographs:
        """The pictures at the given positions, over the same memory map."""
        sources = [self.sources[i] for i in indices]
        return Photographs(
            self.pixels, self.offsets[indices], self.shapes[indices], sources, self.checksums[indices], self.checked
        )


class PhotographSet(NamedTuple):
    """A data set: what is trained on, what is only measured on, and the names of what is left out, by reason."""

    train: Photographs
    dev: Photographs
    left_out: dict[str, list[str]]

    def holding_out(self, share: float) -> PhotographSet:
        """The same with so large a share of the training pictures moved to dev, by a hash of each one's pixels."""
        if share <= 0:
            return self
        train, dev, left_out = self
        spread = (train.checksums.astype(np.uint64) * np.uint64(HASH)) % np.uint64(
            2**32
        )  # CRCs of like pictures differ
        out = spread < share * 2**32
        moved, kept = np.flatnonzero(out), np.flatnonzero(~out)
        if not len(kept):
            raise PictureError(f"held_out {share:g}: of {len(train)} photographs none is left to train on")
        sources = [*dev.sources, *(train.sources[i] for i in moved)]
        both = [
            np.concatenate([getattr(dev, key), getattr(train, key)[moved]])
            for key in ("offsets", "shapes", "checksums")
        ]
        return PhotographSet(
            train.subset(kept), Photographs(train.pixels, both[0], both[1], sources, both[2]), left_out
        )

    def summary(self) -> str:
        """One line: how many there are, by source, and how many are left out, by reason."""
        counts = Counter(self.train.sources) + Counter(self.dev.sources)
        largest = [f"{name} {count}" for name, count in counts.most_common(5)]
        others = counts.total() - sum(count for _, count in counts.most_common(5))
        sources = ", ".join([*largest, *([f"others {others}"] if others else [])])
        out = ", ".join(f"{len(names)} {reason}" for reason, names in self.left_out.items() if names)
        return f"{counts.total()} photographs ({sources}), {len(self.dev)} of them dev; left out: {out or 'none'}"


def open_photographs(
    data: Path, cache: Path | None = None, side: int = STORED_SIZE, keep_colorless: bool = False
) -> PhotographSet:
    """Decode ``data`` once into ``cache``, and split it.

    Args:
        data: folder of pictures, of parquet shards or of both, or one of them.
        cache: where decoded pictures are kept; by default a folder of the user's cache named after the
            data's file names, sizes and times.
        side: px of the shorter side that pictures are kept at.
        keep_colorless: also grey and tinted photographs, from which a network learns to colour less.

    Raises:
        PictureError: nothing to train on, or the cache is damaged.
    """
    files = list_files(data)
    cache = cache or _cache_of(files, data, side)
    if not (cache / "index.json").exists():
        cache.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{cache}.lock"):  # one process decodes, the others wait and find it done
            if not (cache / "index.json").exists():
                _decode_all(files, data, cache, side)
    return _open(cache, keep_colorless)


def _cache_of(files: list[Path], data: Path, side: int) -> Path:
    fingerprint = hashlib.sha1(f"{FORMAT} {side}\n".encode())
    for file in files:
        status = file.stat()
        fingerprint.update(f"{file.relative_to(data.parent)}:{status.st_size}:{status.st_mtime_ns}\n".encode())
    for marker in sorted(data.rglob(AUGMENTED_MARKER)) if data.is_dir() else []:
        fingerprint.update(f"{marker.relative_to(data.parent)}\n".encode())
    return Path(platformdirs.user_cache_dir("colorizing-things")) / "photographs" / fingerprint.hexdigest()[:16]


def _open(cache: Path, keep_colorless: bool) -> PhotographSet:
    index = json.loads((cache / "index.json").read_text(encoding="utf-8"))
    table = np.load(cache / "table.npy")
    pixels = np.memmap(cache / "pixels.u8", dtype=np.uint8, mode="r")
    if zlib.crc32(table.tobytes()) != index["checksum"] or len(pixels) != index["bytes"]:
        raise PictureError(f"{cache}: decoded photographs are damaged; delete the folder, it is made again")
    everything = Photographs(pixels, table[:, 0], table[:, 1:3].astype(np.int32), index["sources"], table[:, 5])
    dev, colorless = table[:, 3].astype(bool), table[:, 4]
    used = np.ones(len(table), bool) if keep_colorless else colorless == 0
    left_out: dict[str, list[str]] = dict(index["left_out"])
    for code, reason in enumerate(COLORLESS):
        if reason and not keep_colorless:
            left_out[reason] = [index["names"][i] for i in np.flatnonzero(colorless == code)]
    if not used.any():
        raise PictureError(f"{cache}: all photographs are grey or tinted; there is no colour to learn")
    train, kept = np.flatnonzero(~dev & used), np.flatnonzero(dev & used)
    return PhotographSet(everything.subset(train), everything.subset(kept), left_out)


def _decode_all(files: list[Path], root: Path, cache: Path, side: int) -> None:
    """Decode every file into a folder of its own, which becomes ``cache`` when it is whole."""
    partial_folder = cache.with_name(f"{cache.name}.{os.getpid()}.partial")
    partial_folder.mkdir(parents=True, exist_ok=True)
    try:
        _write(files, root, partial_folder, side)
        if cache.exists():  # of a run that broke off, before there were locks
            shutil.rmtree(cache)
        partial_folder.rename(cache)
    finally:
        shutil.rmtree(partial_folder, ignore_errors=True)


@contextmanager
def _opened(path: Path) -> Iterator[BinaryIO]:
    """A new file, whose last bytes are refused by name too."""
    file = path.open("wb")
    try:
        yield file
    finally:
        with faults.writing(path):
            file.close()


def _write(files: list[Path], root: Path, folder: Path, side: int) -> None:
    rows: list[tuple[int, ...]] = []
    sources: list[str] = []
    names: list[str] = []
    left_out: dict[str, list[str]] = {}
    offset = 0
    encoded = read_encoded(files, root)
    # Threads: libvips works outside of Python's lock.
    with _opened(folder / "pixels.u8") as out, ThreadPoolExecutor(cores()) as pool:
        chunks = iter(lambda: list(islice(encoded, 512)), [])
        for chunk in track(chunks, description="decoding photographs"):
            for found, picture in zip(chunk, pool.map(partial(decode, side=side), chunk), strict=True):
                if not isinstance(picture, DecodedPicture):
                    left_out.setdefault(picture, []).append(found.name)
                    continue
                height, width = picture.pixels.shape[:2]
                raw = picture.pixels.tobytes()
                with faults.writing(folder / "pixels.u8"):
                    out.write(raw)
                colorless = COLORLESS.index(picture.colorless)
                rows.append((offset, height, width, picture.dev, colorless, zlib.crc32(raw)))
                sources.append(picture.source)
                names.append(found.name)
                offset += len(raw)
    if not rows:
        raise PictureError(f"{root}: none of the pictures can be read")
    table = np.array(rows, dtype=np.int64)
    with faults.writing(folder / "table.npy"):
        np.save(folder / "table.npy", table)
    index: dict[str, Any] = {"sources": sources, "names": names, "left_out": left_out, "bytes": offset}
    index["checksum"] = zlib.crc32(table.tobytes())
    faults.save_text(folder / "index.json", json.dumps(index))
