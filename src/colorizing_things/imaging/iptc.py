"""IPTC's older form (IIM) and Photoshop's image resources, in which JPEG keeps it; TIFF has a tag for each."""

from __future__ import annotations

import struct

PREFIX = b"Photoshop 3.0\0"  # before the resources in a JPEG
IIM = 0x0404  # the resource that holds IPTC
THUMBNAILS = (0x0409, 0x040C)  # of the picture as it was


def resources(block: bytes) -> list[tuple[int, bytes, bytes]]:
    """Photoshop's image resources: number, name, data (Adobe Photoshop File Formats, image resource blocks)."""
    at, found = len(PREFIX) if block.startswith(PREFIX) else 0, []
    while block[at : at + 4] == b"8BIM" and at + 12 <= len(block):
        number, length = struct.unpack_from(">HB", block, at + 4)
        name_end = at + 7 + length + (length + 1) % 2
        if name_end + 4 > len(block):
            break
        (size,) = struct.unpack_from(">I", block, name_end)
        start = name_end + 4
        found.append((number, block[at + 6 : name_end], block[start : start + size]))
        at = start + size + size % 2
    return found


def packed(found: list[tuple[int, bytes, bytes]]) -> bytes:
    """A block of resources, without the thumbnails."""
    return b"".join(
        b"8BIM" + struct.pack(">H", number) + name + struct.pack(">I", len(data)) + data + b"\0" * (len(data) % 2)
        for number, name, data in found
        if number not in THUMBNAILS
    )


def iim_of(block: bytes) -> bytes:
    """The IPTC in what libvips calls ``iptc-data``: resources in a JPEG, the bare IIM in a TIFF."""
    if block.startswith((PREFIX, b"8BIM")):
        return next((data for number, _, data in resources(block) if number == IIM), b"")
    return block if block[:1] == b"\x1c" else b""


def for_jpeg(iptc: bytes | None, photoshop: bytes | None) -> bytes:
    """A JPEG's block of both, empty where there is neither."""
    found = resources(photoshop or b"")
    if iptc and not any(number == IIM for number, _, _ in found):
        found.append((IIM, b"\0\0", iptc))
    block = packed(found)
    return PREFIX + block if block else b""
