"""TIFF directories: what a page says of itself, read and written raw (TIFF 6.0; BigTIFF), and pages joined to a file.

EXIF has the same structure, so its blocks are read and made here too. libvips decodes and encodes the pixels; of the
directory it keeps little, and Pillow rewrites texts. Here values stay the bytes that they were.
"""

from __future__ import annotations

import errno
import io
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

import numpy as np

from .lightness import PixelError

# Sizes of the field types, and of the units that a byte order turns around in them.
SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
UNITS = {**SIZES, 5: 4, 10: 4}
BYTE, ASCII, SHORT, LONG, LONG8 = 1, 2, 3, 4, 16
NUMBERS = {1: "B", 3: "H", 4: "L", 13: "L", 16: "Q", 18: "Q"}

SUBFILE_TYPE, BITS, COMPRESSION, PHOTOMETRIC, STRIPS, TILES = 254, 258, 259, 262, 273, 324
STRIP_SIZES, TILE_SIZES = 279, 325
DEFLATE = (8, 32946)
DESCRIPTION, X_RESOLUTION, Y_RESOLUTION, RESOLUTION_UNIT = 270, 282, 283, 296
SUB_DIRECTORIES, EXTRA_SAMPLES, SAMPLE_FORMAT, XMP, IPTC, PHOTOSHOP = 330, 338, 339, 700, 33723, 34377
EXIF, GPS, INTEROPERABILITY, DNG_VERSION = 34665, 34853, 40965, 50706
DIRECTORIES = (EXIF, GPS, INTEROPERABILITY)  # tags whose value is a directory
LONGEST = 64 << 20  # bytes of a value; longer ones are not what a photograph says of itself
MOST_PAGES = 100_000


@dataclass(frozen=True)
class Entry:
    """A tag's value: its type, how many, and the bytes, little-endian; or the directory that it leads to."""

    kind: int
    count: int
    data: bytes
    inner: Mapping[int, Entry] | None = None

    @classmethod
    def text(cls, text: str) -> Entry:
        """Of UTF-8."""
        data = text.encode("utf-8", errors="surrogateescape") + b"\0"
        return cls(ASCII, len(data), data)

    @classmethod
    def of_bytes(cls, data: bytes) -> Entry:
        """Of a block."""
        return cls(BYTE, len(data), data)

    @property
    def numbers(self) -> tuple[int, ...]:
        """Its whole numbers; none where it holds something else."""
        code = NUMBERS.get(self.kind)
        return struct.unpack(f"<{self.count}{code}", self.data) if code and self.inner is None else ()


Directory = dict[int, Entry]


@dataclass(frozen=True)
class Layout:
    """Byte order, and whether offsets have 8 bytes."""

    order: str
    big: bool

    @property
    def offset(self) -> str:
        """struct's code of an offset."""
        return "Q" if self.big else "L"

    @property
    def counter(self) -> str:
        """And of the number of entries."""
        return "Q" if self.big else "H"

    @property
    def inline(self) -> int:
        """Bytes of a value that lie in the entry itself."""
        return 8 if self.big else 4

    @property
    def entry(self) -> int:
        """Bytes of an entry."""
        return 20 if self.big else 12

    def pack(self, code: str, *values: int) -> bytes:
        """In this byte order."""
        return struct.pack(self.order + code, *values)

    def unpack(self, code: str, data: bytes) -> tuple[int, ...]:
        """Of this byte order."""
        return struct.unpack(self.order + code, data)

    def turned(self, data: bytes, kind: int) -> bytes:
        """A value between this byte order and little-endian, either way."""
        unit = UNITS[kind]
        if self.order == "<" or unit == 1:
            return data
        return np.frombuffer(data, f"<u{unit}").byteswap().tobytes()


def read_layout(file: IO[bytes]) -> tuple[Layout, int] | None:
    """Layout and the first directory's offset, or None where it is no TIFF."""
    file.seek(0)
    head = file.read(16)
    order = {b"II": "<", b"MM": ">"}.get(head[:2])
    if order is None or len(head) < 8:
        return None
    version = struct.unpack(order + "H", head[2:4])[0]
    if version == 43 and len(head) == 16:
        return Layout(order, True), struct.unpack(order + "Q", head[8:])[0]
    return (Layout(order, False), struct.unpack(order + "L", head[4:8])[0]) if version == 42 else None


def read_directories(file: IO[bytes]) -> list[Directory]:
    """The file's pages, in their order. What is broken off or points nowhere is left out."""
    begun = read_layout(file)
    if begun is None:
        return []
    layout, at = begun
    found: list[Directory] = []
    seen = set()
    while at and at not in seen and len(found) < MOST_PAGES:
        seen.add(at)
        directory, at = _read_directory(file, layout, at)
        if not directory:
            break
        found.append(directory)
    return found


def _read_directory(file: IO[bytes], layout: Layout, at: int, depth: int = 0) -> tuple[Directory, int]:
    found: Directory = {}
    try:
        for tag, kind, count, value in _raw_entries(file, layout, at):
            entry = _read_entry(file, layout, kind, count, value)
            if entry is not None and tag in DIRECTORIES and depth < 3 and entry.numbers:
                place = entry.numbers[0]
                entry = replace(entry, inner=_read_directory(file, layout, place, depth + 1)[0])
            if entry is not None:
                found[tag] = entry
        count = len(_raw_entries(file, layout, at))
        file.seek(at + struct.calcsize(layout.order + layout.counter) + count * layout.entry)
        following = layout.unpack(layout.offset, file.read(layout.inline))[0]
    except (struct.error, OSError, OverflowError, ValueError) as error:
        if isinstance(error, OSError) and error.errno != errno.EINVAL:  # the disk's fault, not of where it points
            raise
        following = 0
    return found, following


def _raw_entries(file: IO[bytes], layout: Layout, at: int) -> list[tuple[int, int, int, bytes]]:
    """Tag, type, count and the last field of each entry."""
    file.seek(at)
    size = struct.calcsize(layout.order + layout.counter)
    count = layout.unpack(layout.counter, file.read(size))[0]
    if count > 65535:
        return []
    table = file.read(count * layout.entry)
    entries = []
    for start in range(0, len(table) - layout.entry + 1, layout.entry):
        entry = table[start : start + layout.entry]
        tag, kind = layout.unpack("HH", entry[:4])
        entries.append((tag, kind, layout.unpack(layout.offset, entry[4 : -layout.inline])[0], entry[-layout.inline :]))
    return entries


def _read_entry(file: IO[bytes], layout: Layout, kind: int, count: int, value: bytes) -> Entry | None:
    size = SIZES.get(kind, 0) * count
    if not size or size > LONGEST:
        return None
    if size <= layout.inline:
        data = value[:size]
    else:
        file.seek(layout.unpack(layout.offset, value)[0])
        data = file.read(size)
    return Entry(kind, count, layout.turned(data, kind)) if len(data) == size else None


def read_block(block: bytes) -> Directory:
    """The first directory of an EXIF block, empty where there is none to be read."""
    found = read_directories(io.BytesIO(block.removeprefix(b"Exif\0\0")))
    return found[0] if found else {}


def make_block(directory: Directory) -> bytes:
    """An EXIF block (without a thumbnail) that holds a directory and those that it leads to."""
    layout = Layout("<", False)
    tail = _Tail(layout, 8)
    at = tail.directory(directory, {}, 0)
    return b"II\x2a\0" + layout.pack("L", at) + bytes(tail.data)


class _Tail:
    """What is to be written behind a file's end."""

    def __init__(self, layout: Layout, end: int) -> None:
        self.layout, self.start = layout, end
        self.data = bytearray(end % 2)  # values start at even offsets
        self.link = 0  # where the last directory says which one follows it

    def place(self, data: bytes) -> int:
        """Append; at which offset."""
        at = self.start + len(self.data)
        self.data += data + b"\0" * (len(data) % 2)
        return at

    def directory(self, tags: Mapping[int, Entry], raw: Mapping[int, bytes], following: int) -> int:
        """Append a directory of ``tags`` and of entries that are made already; at which offset."""
        entries = dict(raw)
        for tag, entry in tags.items():
            entries[tag] = self.entry(tag, entry)
        table = self.layout.pack(self.layout.counter, len(entries))
        table += b"".join(entries[tag] for tag in sorted(entries))
        self.link = self.start + len(self.data) + len(table)
        return self.place(table + self.layout.pack(self.layout.offset, following))

    def entry(self, tag: int, entry: Entry) -> bytes:
        """An entry, its value appended where it is too long for it."""
        layout, data, kind, count = self.layout, self.layout.turned(entry.data, entry.kind), entry.kind, entry.count
        if entry.inner is not None:
            place = self.directory(entry.inner, {}, 0)
            kind, count, data = (LONG8 if layout.big else LONG), 1, layout.pack(layout.offset, place)
        if len(data) > layout.inline:
            data = layout.pack(layout.offset, self.place(data))
        return layout.pack("HH", tag, kind) + layout.pack(layout.offset, count) + data.ljust(layout.inline, b"\0")


def join_pages(base: IO[bytes], others: list[IO[bytes]], tags: list[Directory], dropped: list[frozenset[int]]) -> None:
    """Make one file of several of a page each, with ``tags`` among each page's entries.

    Args:
        base: the first page's, which grows.
        others: the further pages', of the same layout.
        tags: for each page; they win over what is there.
        dropped: for each page, tags to be left out of what is there.
    """
    link = None
    for number, file in enumerate([base, *others]):
        begun = read_layout(file)
        if begun is None:
            raise PixelError("no TIFF was written")
        layout, first = begun
        entries = _raw_entries(file, layout, first)
        shift = 0
        if number:
            shift = base.seek(0, 2)  # even, as what was appended last ends
            file.seek(0)
            while part := file.read(1 << 20):
                base.write(part)
        tail = _Tail(layout, base.seek(0, 2))
        raw = {}
        for tag, kind, count, value in entries:
            if tag not in dropped[number]:
                raw[tag] = _shifted(file, layout, tail, (tag, kind, count, value), shift)
        at = tail.directory(tags[number], raw, 0)
        base.seek(0, 2)
        base.write(tail.data)
        base.seek(link if link is not None else (8 if layout.big else 4))
        base.write(layout.pack(layout.offset, at))
        link = tail.link


def _shifted(file: IO[bytes], layout: Layout, tail: _Tail, entry: tuple[int, int, int, bytes], shift: int) -> bytes:
    """An entry whose file now begins ``shift`` bytes later."""
    tag, kind, count, value = entry
    size = SIZES.get(kind, 1) * count
    if shift and tag in (STRIPS, TILES):
        found = _read_entry(file, layout, kind, count, value)
        if found is None:
            raise PixelError("a page's strips cannot be found")
        moved = np.array(found.numbers, np.uint64) + np.uint64(shift)
        if not layout.big and int(moved.max()) > 0xFFFFFFFF:
            raise PixelError("the pages are over 4 GB together")
        kind = 16 if layout.big else LONG
        return tail.entry(tag, Entry(kind, count, moved.astype("<u8" if layout.big else "<u4").tobytes()))
    if shift and size > layout.inline:
        value = layout.pack(layout.offset, layout.unpack(layout.offset, value)[0] + shift)
    return layout.pack("HH", tag, kind) + layout.pack(layout.offset, count) + value


def checksums_hold(file: IO[bytes], directory: Directory) -> bool:
    """Whether a page's strips are what was written. Only deflated ones tell, and no decoder of TIFF asks them."""
    compression = directory.get(COMPRESSION)
    if compression is None or not set(compression.numbers) & set(DEFLATE):
        return True
    places, sizes = (directory.get(STRIPS), directory.get(STRIP_SIZES))
    if places is None:
        places, sizes = (directory.get(TILES), directory.get(TILE_SIZES))
    for at, size in zip(places.numbers if places else (), sizes.numbers if sizes else (), strict=False):
        file.seek(at)
        stream, left = zlib.decompressobj(), size
        try:
            while left > 0 and not stream.eof and (part := file.read(min(left, 1 << 20))):
                left -= len(part)
                while part:
                    stream.decompress(part, 1 << 22)
                    part = stream.unconsumed_tail
        except zlib.error:
            return False
        if size and not stream.eof:
            return False
    return True


def open_binary(origin: Path | bytes) -> IO[bytes]:
    """A file, or bytes as one."""
    return io.BytesIO(origin) if isinstance(origin, bytes) else origin.open("rb")
