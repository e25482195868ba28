"""Photographs on disk -> one uint8 memory map, decoded once.

A data set is a folder of pictures, a folder of parquet shards (columns ``image`` with ``bytes``, and
optionally ``source``), or one such file. Pictures are shrunk to a shorter side of at most ``STORED_SIZE``,
cropped to at most 3:2, and kept as uint8 sRGB. The dev split is decided by the picture's bytes, so it is the
same whatever the order, the machine, or the pictures beside it; what ``colorize augment`` drew is never in it.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import platformdirs
from PIL import Image, ImageOps
from rich.progress import track

from colorizing_things.errors import PictureError

STORED_SIZE = 144
MAX_ASPECT = 1.5
AUGMENTED_MARKER = (
    "augmented.json"  # lies beside pictures that a network drew: they are trained on, and never measured on
)
DEV_PREFIXES = 5  # of 256: SHA-1 of the stored bytes starts with 00..04
PICTURE_SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".avif", ".tif", ".tiff", ".bmp"}


class EncodedPicture(NamedTuple):
    """One picture as found: its bytes and the name of the collection it belongs to."""

    data: bytes
    source: str
    real: bool = True  # not drawn by a network


class DecodedPicture(NamedTuple):
    """One picture ready to train on."""

    pixels: npt.NDArray[np.uint8]
    source: str
    dev: bool


@dataclass(frozen=True)
class Photographs:
    """Decoded pictures: ``photographs[i]`` is a uint8 sRGB array ``[H, W, 3]``."""

    pixels: npt.NDArray[np.uint8]  # flat memory map
    offsets: npt.NDArray[np.int64]
    shapes: npt.NDArray[np.int32]  # [N, 2]: height, width
    sources: list[str]  # one per picture

    def __len__(self) -> int:
        return len(self.offsets)

    def __getitem__(self, index: int) -> npt.NDArray[np.uint8]:
        height, width = (int(n) for n in self.shapes[index])
        start = int(self.offsets[index])
        return self.pixels[start : start + height * width * 3].reshape(height, width, 3)

    def subset(self, chosen: npt.NDArray[np.integer]) -> Photographs:
        """The pictures at the given positions, over the same memory map."""
        sources = [self.sources[i] for i in chosen]
        return Photographs(self.pixels, self.offsets[chosen], self.shapes[chosen], sources)


def open_photographs(data: Path, cache: Path | None = None) -> tuple[Photographs, Photographs]:
    """Decode ``data`` once into ``cache`` and return (train, dev).

    Args:
        data: folder of pictures or parquet shards, or one shard.
        cache: where decoded pictures are kept; by default a folder of the user's cache named after the
            data's file names, sizes and times.

    Raises:
        PictureError: nothing to train on.
    """
    files = _list_files(data)
    if cache is None:
        fingerprint = hashlib.sha1(STORED_SIZE.to_bytes(4, "big"))
        for file in files:
            status = file.stat()
            fingerprint.update(f"{file.relative_to(data.parent)}:{status.st_size}:{status.st_mtime_ns}\n".encode())
        cache = Path(platformdirs.user_cache_dir("colorizing-things")) / "photographs" / fingerprint.hexdigest()[:16]
    if not (cache / "index.json").exists():
        _decode_all(files, data, cache)
    index = json.loads((cache / "index.json").read_text())
    table = np.load(cache / "table.npy")
    pixels = np.memmap(cache / "pixels.u8", dtype=np.uint8, mode="r")
    everything = Photographs(pixels, table[:, 0], table[:, 1:3].astype(np.int32), index["sources"])
    dev = table[:, 3].astype(bool)
    return everything.subset(np.flatnonzero(~dev)), everything.subset(np.flatnonzero(dev))


def _list_files(data: Path) -> list[Path]:
    if not data.exists():
        raise PictureError(f"{data}: no such file or folder; --data takes a folder of photographs or shards")
    files = [data] if data.is_file() else sorted(p for p in data.rglob("*") if p.is_file())
    shards = [p for p in files if p.suffix == ".parquet"]
    files = shards or [p for p in files if p.suffix.lower() in PICTURE_SUFFIXES]
    if not files:
        raise PictureError(f"{data}: holds no pictures and no parquet shards")
    return files


def _read_encoded(files: list[Path], root: Path) -> Iterator[EncodedPicture]:
    made = {path.parent for path in root.rglob(AUGMENTED_MARKER)}
    for file in files:
        if file.suffix == ".parquet":
            import pyarrow.parquet

            shard = pyarrow.parquet.ParquetFile(file)
            columns = [name for name in ("image", "source") if name in shard.schema_arrow.names]
            for batch in shard.iter_batches(batch_size=256, columns=columns):
                for row in batch.to_pylist():
                    yield EncodedPicture(row["image"]["bytes"], row.get("source") or file.stem)
        else:
            folder = file.parent.relative_to(root) if root.is_dir() else Path()
            real = made.isdisjoint(file.parents)
            yield EncodedPicture(file.read_bytes(), folder.parts[0] if folder.parts else root.name, real)


def decode(encoded: EncodedPicture) -> DecodedPicture | None:
    """Decode one picture, upright, in sRGB; None where it is no readable colour picture of use."""
    try:
        with Image.open(io.BytesIO(encoded.data)) as opened:
            opened.draft("RGB", (2 * STORED_SIZE, 2 * STORED_SIZE))  # JPEG decodes straight to a fraction
            picture = ImageOps.exif_transpose(opened).convert("RGB")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return None
    width, height = picture.size
    if min(width, height) < 32:
        return None
    crop_w, crop_h = min(width, int(height * MAX_ASPECT)), min(height, int(width * MAX_ASPECT))
    left, top = (width - crop_w) // 2, (height - crop_h) // 2
    box = (left, top, left + crop_w, top + crop_h)
    scale = min(1.0, STORED_SIZE / min(crop_w, crop_h))
    if scale < 1:
        picture = picture.resize((round(crop_w * scale), round(crop_h * scale)), Image.Resampling.BOX, box=box)
    elif box != (0, 0, width, height):
        picture = picture.crop(box)
    dev = encoded.real and hashlib.sha1(encoded.data).digest()[0] < DEV_PREFIXES
    return DecodedPicture(np.asarray(picture), encoded.source, dev)


def _decode_all(files: list[Path], root: Path, cache: Path) -> None:
    """Decode every file into ``cache``; the index is written last, so that a broken-off run starts over."""
    cache.mkdir(parents=True, exist_ok=True)
    rows: list[tuple[int, int, int, int]] = []
    sources: list[str] = []
    offset = unreadable = 0
    encoded = _read_encoded(files, root)
    with (cache / "pixels.u8").open("wb") as out, ProcessPoolExecutor(os.cpu_count()) as pool:
        chunks = iter(lambda: list(islice(encoded, 512)), [])
        for chunk in track(chunks, description="decoding photographs"):
            for picture in pool.map(decode, chunk, chunksize=64):
                if picture is None:
                    unreadable += 1
                    continue
                height, width = picture.pixels.shape[:2]
                out.write(picture.pixels.tobytes())
                rows.append((offset, height, width, picture.dev))
                sources.append(picture.source)
                offset += picture.pixels.size
    if not rows:
        raise PictureError(f"{root}: none of the pictures can be read")
    np.save(cache / "table.npy", np.array(rows, dtype=np.int64))
    (cache / "index.json").write_text(json.dumps({"sources": sources, "unreadable": unreadable}))
