"""EXIF in TIFF, which libvips neither reads nor writes: Pillow knows the directories, so they pass through it.

In a TIFF, EXIF is not a block as in other files: camera, date and owner are tags of the first page's
directory, and two of the tags point to directories of their own.
"""

from __future__ import annotations

import io
import struct
from pathlib import Path
from typing import IO

import pyvips
from PIL import Image
from PIL.TiffImagePlugin import ImageFileDirectory_v2

# DocumentName, Make, Model, PageName, Software, DateTime, Artist, HostComputer, Copyright.
TEXT_TAGS = (269, 271, 272, 285, 305, 306, 315, 316, 33432)
DIRECTORY_TAGS = (34665, 34853)  # Exif, GPS
ASCII, LONG = 2, 4  # field types
BIG_TIFF = (b"II\x2b\x00", b"MM\x00\x2b")


def with_exif_of(origin: Path | bytes, header: pyvips.Image) -> pyvips.Image:
    """``header`` with the EXIF fields of the TIFF it was read from, as libvips has them for a JPEG."""
    exif = _read(io.BytesIO(origin) if isinstance(origin, bytes) else origin)
    if not any(tag in exif for tag in TEXT_TAGS) and not any(exif.get_ifd(tag) for tag in DIRECTORY_TAGS):
        return header
    carrier = io.BytesIO()
    Image.new("L", (1, 1)).save(carrier, "JPEG", exif=exif)
    parsed = pyvips.Image.new_from_buffer(carrier.getvalue(), "")
    header = header.copy()
    for name in parsed.get_fields():
        if name.startswith("exif-"):
            header.set_type(parsed.get_typeof(name), name, parsed.get(name))
    return header


def _read(file: Path | IO[bytes]) -> Image.Exif:
    exif = Image.Exif()
    try:
        with Image.open(file) as picture:
            found = picture.getexif()
            for tag in TEXT_TAGS:
                if tag in found:
                    exif[tag] = found[tag]
            for tag in DIRECTORY_TAGS:
                exif.get_ifd(tag).update(found.get_ifd(tag))
    except (OSError, ValueError, SyntaxError, KeyError, TypeError, Image.DecompressionBombError):
        return Image.Exif()  # a TIFF that Pillow cannot open may still be a picture for libvips
    return exif


def without_thumbnail(block: bytes) -> bytes:
    """An EXIF block whose first directory leads to no second one, where the thumbnail is (Exif 2.32, 4.5.1)."""
    at = 6 if block.startswith(b"Exif\0\0") else 0
    order = "<" if block[at : at + 2] == b"II" else ">"
    try:
        first = at + struct.unpack_from(order + "L", block, at + 4)[0]
        link = first + 2 + 12 * struct.unpack_from(order + "H", block, first)[0]
        struct.unpack_from(order + "L", block, link)
    except struct.error:  # broken off: libvips makes what it can of it
        return block
    return block[:link] + bytes(4) + block[link + 4 :]


def add_exif(file: Path | io.BytesIO, image: pyvips.Image) -> None:
    """Put the image's EXIF into the TIFF just written: a larger first directory at the file's end.

    BigTIFF (over 4 GB) is left as it is.
    """
    if "exif-data" not in image.get_fields():
        return
    exif = Image.Exif()
    exif.load(bytes(image.get("exif-data")))
    opened = file.open("r+b") if isinstance(file, Path) else file
    try:
        _append_directory(opened, exif)
    finally:
        if opened is not file:
            opened.close()


def _append_directory(file: IO[bytes], exif: Image.Exif) -> None:
    """Copy the first directory to the end, its entries untouched, with ours among them (TIFF 6.0, section 2)."""
    file.seek(0)
    start = file.read(8)
    if start[:4] in BIG_TIFF:
        return
    order = "<" if start[:2] == b"II" else ">"
    file.seek(struct.unpack(order + "L", start[4:])[0])
    (count,) = struct.unpack(order + "H", file.read(2))
    entries = {struct.unpack(order + "H", entry[:2])[0]: entry for entry in (file.read(12) for _ in range(count))}
    following = file.read(4)

    end = file.seek(0, 2)
    tail = bytearray(end % 2)  # values must start at even offsets

    def place(tag: int, kind: int, values: int, data: bytes) -> None:
        if len(data) > 4:
            at = end + len(tail)
            tail.extend(data + b"\0" * (len(data) % 2))
            data = struct.pack(order + "L", at)
        entries[tag] = struct.pack(order + "HHL", tag, kind, values) + data.ljust(4, b"\0")

    for tag in TEXT_TAGS:
        if tag in exif:
            text = str(exif[tag]).encode("utf-8", errors="replace") + b"\0"
            place(tag, ASCII, len(text), text)
    for tag in DIRECTORY_TAGS:
        fields = exif.get_ifd(tag)
        if fields:
            inner = ImageFileDirectory_v2(start, group=tag)
            inner.update(fields)
            at = end + len(tail)
            serialised = inner.tobytes(at)
            tail += serialised + b"\0" * (len(serialised) % 2)
            place(tag, LONG, 1, struct.pack(order + "L", at))
    directory = end + len(tail)
    tail += struct.pack(order + "H", len(entries)) + b"".join(entries[tag] for tag in sorted(entries)) + following
    file.write(tail)
    file.seek(4)
    file.write(struct.pack(order + "L", directory))
