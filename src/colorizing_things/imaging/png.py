"""What libvips does not tell of a PNG: its gamma, its texts byte by byte, whether it is an animation."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from .tiff import open_binary

SIGNATURE = b"\x89PNG\r\n\x1a\n"
TEXTS = (b"tEXt", b"zTXt", b"iTXt")
XMP_KEY = b"XML:com.adobe.xmp\0"
RAW_PROFILE = b"Raw profile type "  # metadata of other kinds, as ImageMagick writes it
LONGEST_TEXT = 8 << 20
SRGB_GAMMA = 0.45455
GAMMA_SLACK = 0.02
# Of PNG's keywords, those that EXIF has a tag for.
EXIF_TAGS = {"Description": 270, "Author": 315, "Copyright": 33432, "Software": 305}


@dataclass(frozen=True)
class PngFacts:
    """What a PNG says before and after its pixels.

    Attributes:
        gamma: what its codes are the power of light of; None: sRGB, or what its profile says.
        texts: its text chunks as they are, XMP and raw profiles left out.
        frames: of an animation; 1 otherwise.
        resolution: whether it states one.
    """

    gamma: float | None = None
    texts: tuple[bytes, ...] = ()
    frames: int = 1
    resolution: bool = False


def read_facts(origin: Path | bytes) -> PngFacts:
    """Read all chunks but the pixels."""
    gamma, texts, frames, defined, resolution = None, [], 1, False, False
    with open_binary(origin) as file:
        if file.read(8) != SIGNATURE:
            return PngFacts()
        for kind, size in _chunks(file):
            if kind in (b"iCCP", b"sRGB", b"cICP"):
                defined = True
            elif kind == b"gAMA" and size == 4:
                gamma = struct.unpack(">I", file.read(4))[0] / 100_000
            elif kind == b"pHYs" and size == 9:
                resolution = file.read(9)[8] == 1  # pixels a metre; else it is a ratio
            elif kind == b"acTL" and size == 8:
                frames = struct.unpack(">I", file.read(4))[0]
            elif kind in TEXTS and size <= LONGEST_TEXT:
                data = file.read(size)
                if not data.startswith((XMP_KEY, RAW_PROFILE)):
                    texts.append(kind + data)
    odd = gamma and not defined and abs(gamma - SRGB_GAMMA) > GAMMA_SLACK and 0.1 <= gamma <= 2
    return PngFacts(gamma if odd else None, tuple(texts), frames, resolution)


def xmp_chunk(packet: bytes) -> bytes:
    """A text chunk that holds it, as it is (XMP specification, part 3)."""
    return b"iTXt" + XMP_KEY + b"\0\0\0\0" + packet


def _chunks(file: IO[bytes]) -> Iterator[tuple[bytes, int]]:
    """Kind and size of each chunk, the file standing at its data."""
    while len(head := file.read(8)) == 8:
        size, kind = struct.unpack(">I4s", head)
        at = file.tell()
        yield kind, size
        file.seek(at + size + 4)


def as_exif_texts(texts: tuple[bytes, ...]) -> dict[int, str]:
    """EXIF's tags of those texts that it knows."""
    found: dict[int, str] = {}
    for chunk in texts:
        key, text = as_text(chunk)
        if key in EXIF_TAGS and text:
            found.setdefault(EXIF_TAGS[key], text)
    return found


def as_text(chunk: bytes) -> tuple[str, str]:
    """Keyword and text of a chunk (PNG, third edition, 11.3.3); empty where it is damaged."""
    key, _, rest = chunk[4:].partition(b"\0")
    try:
        if chunk.startswith(b"tEXt"):
            text = rest.decode("latin-1")
        elif chunk.startswith(b"zTXt"):
            text = zlib.decompress(rest[1:]).decode("latin-1")
        else:
            packed, (_, _, value) = rest[:1] == b"\1", _split(rest[2:])
            text = (zlib.decompress(value) if packed else value).decode("utf-8", errors="replace")
    except (zlib.error, ValueError):
        return "", ""
    return key.decode("latin-1"), text


def _split(rest: bytes) -> tuple[bytes, bytes, bytes]:
    language, _, rest = rest.partition(b"\0")
    translated, _, value = rest.partition(b"\0")
    return language, translated, value


def finish(file: IO[bytes], texts: tuple[bytes, ...], resolution: bool) -> None:
    """Put text chunks into a PNG just written, before its pixels; and take back a resolution that nobody stated."""
    file.seek(8)
    at = None
    for kind, _ in _chunks(file):
        if kind == b"pHYs" and not resolution:
            start = file.tell()
            data = struct.pack(">IIB", 1, 1, 0)  # square pixels of no known size
            file.write(data + struct.pack(">I", zlib.crc32(data, zlib.crc32(kind))))
            file.seek(start)
        if kind == b"IDAT":
            at = file.tell() - 8
            break
    if texts and at is not None:
        _insert(file, at, b"".join(_encoded(chunk) for chunk in texts))


def _encoded(chunk: bytes) -> bytes:
    return struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))


def _insert(file: IO[bytes], at: int, data: bytes) -> None:
    """Move what comes behind, from its end on, a part at a time."""
    end, step = file.seek(0, io.SEEK_END), 1 << 22
    while end > at:
        start = max(at, end - step)
        file.seek(start)
        part = file.read(end - start)
        file.seek(start + len(data))
        file.write(part)
        end = start
    file.seek(at)
    file.write(data)
