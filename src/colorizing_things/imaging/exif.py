"""EXIF: between the blocks of most formats and the directories of a TIFF, its values untouched."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping
from dataclasses import replace

import pyvips

from .tiff import (
    DESCRIPTION,
    EXIF,
    GPS,
    RESOLUTION_UNIT,
    X_RESOLUTION,
    Y_RESOLUTION,
    Directory,
    Entry,
    make_block,
)

# Of a TIFF's first directory, what is said of the photograph: DocumentName, ImageDescription, Make, Model, PageName,
# PageNumber, Software, DateTime, Artist, HostComputer, Rating (two), Copyright, Windows' five, EXIF and GPS.
KEPT_TAGS = frozenset((
    269, DESCRIPTION, 271, 272, 285, 297, 305, 306, 315, 316, 18246, 18249, 33432, *range(40091, 40096), EXIF, GPS,
))  # fmt: skip
RESOLUTION = frozenset((X_RESOLUTION, Y_RESOLUTION, RESOLUTION_UNIT))
LONGEST_BLOCK = 65_500  # bytes: a JPEG segment's length has 16 bits, and libvips writes no more into other formats
PIXEL_SIZES = frozenset((40962, 40963))  # of the picture as it was; it may have been turned since
MAKERS_NOTE = 37500


def entries_to_keep(directory: Directory, resolution: bool) -> Directory:
    """What of a directory stays true of the coloured picture."""
    wanted = KEPT_TAGS | RESOLUTION if resolution else KEPT_TAGS
    found = {tag: entry for tag, entry in directory.items() if tag in wanted}
    for tag in (EXIF, GPS):
        if tag in found and not found[tag].inner:
            del found[tag]  # it leads nowhere
    if EXIF in found:
        inner = {tag: entry for tag, entry in (found[EXIF].inner or {}).items() if tag not in PIXEL_SIZES}
        found[EXIF] = replace(found[EXIF], inner=inner)
    return found


def block_for(directory: Directory, longest: int | None) -> bytes:
    """An EXIF block of at most ``longest`` bytes: what is longest in it is left out (the maker's own notes first)."""
    kept: Directory = dict(directory)
    while longest is not None and kept and len(make_block(kept)) > longest:
        kept = _without_the_longest(kept)
    return make_block(kept)


def _without_the_longest(directory: Mapping[int, Entry]) -> Directory:
    sizes: dict[tuple[int, ...], int] = {
        (tag,): len(entry.data) for tag, entry in directory.items() if entry.inner is None
    }
    for tag, entry in directory.items():
        sizes |= {(tag, inner): len(value.data) for inner, value in (entry.inner or {}).items()}
    place = max(sizes, key=lambda place: (place[-1] == MAKERS_NOTE, sizes[place]))
    kept = dict(directory)
    if len(place) == 1:
        del kept[place[0]]
    else:
        outer = kept[place[0]]
        kept[place[0]] = replace(outer, inner={t: e for t, e in (outer.inner or {}).items() if t != place[1]})
    return kept


def with_block(image: pyvips.Image, block: bytes) -> pyvips.Image:
    """The image with the fields of an EXIF block, as libvips has them of a file."""
    chunk = b"eXIf" + block.removeprefix(b"Exif\0\0")
    header = b"IHDR" + struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    chunks = [header, chunk, b"IDAT" + zlib.compress(bytes(2)), b"IEND"]
    png = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(c) - 4) + c + struct.pack(">I", zlib.crc32(c)) for c in chunks
    )
    image = image.copy()
    for name in image.get_fields():
        if name.startswith("exif-"):
            image.remove(name)
    try:
        parsed = pyvips.Image.new_from_buffer(png, "")
    except pyvips.Error:  # a block that nobody understands
        return image
    for name in parsed.get_fields():
        if name.startswith("exif-"):
            image.set_type(parsed.get_typeof(name), name, parsed.get(name))
    return image


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
