"""What a JPEG XL file says before it is decoded: its size, whether it moves, and its XMP (ISO/IEC 18181-1 and -2)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from colorizing_things.errors import PictureError

CODESTREAM = b"\xff\x0a"
RATIOS = ((0, 1), (1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))  # width to height; the first: none
LENGTHS = (9, 13, 18, 30)  # bits of a side, by two bits before it


@dataclass(frozen=True)
class Header:
    """Width and height in pixels, as they are stored; and whether there may be more than one frame."""

    width: int
    height: int
    animated: bool


def read_header(data: bytes) -> Header:
    """The codestream's first bits (18181-1, annex D).

    Raises:
        PictureError: broken off before it says so.
    """
    stream = data if data.startswith(CODESTREAM) else next(_codestream(data), b"")
    if not stream.startswith(CODESTREAM):
        raise PictureError("it is broken off; copy it again from where it came")
    bits = _Bits(int.from_bytes(stream[2:40], "little"))
    width, height = _size(bits)
    animated = False
    if not bits.take(1) and bits.take(1):  # neither are all fields the usual ones, nor are the rarer ones
        bits.take(3)  # orientation
        if bits.take(1):
            _size(bits)  # at which it should be shown
        animated = not bits.take(1) and bool(bits.take(1))  # behind a preview, whose length varies, nobody looks
    return Header(width, height, animated)


def _size(bits: _Bits) -> tuple[int, int]:
    small = bits.take(1)

    def side() -> int:
        return 8 * (bits.take(5) + 1) if small else bits.take(LENGTHS[bits.take(2)]) + 1

    height = side()
    ratio = bits.take(3)
    return (height * RATIOS[ratio][0] // RATIOS[ratio][1] if ratio else side()), height


def xmp(data: bytes) -> bytes | None:
    """Its XMP, which lies in a box of its own; None where there is none, or it is compressed."""
    return next((body for kind, body in _boxes(data) if kind == b"xml "), None)


class _Bits:
    """A number, taken apart from its lowest bit on."""

    def __init__(self, number: int) -> None:
        self._left = number

    def take(self, count: int) -> int:
        found = self._left & ((1 << count) - 1)
        self._left >>= count
        return found


def _codestream(data: bytes) -> Iterator[bytes]:
    for kind, body in _boxes(data):
        if kind in (b"jxlc", b"jxlp"):
            yield body if kind == b"jxlc" else body[4:]  # a part has a number before it


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while not data.startswith(CODESTREAM) and at + 8 <= len(data):
        length, kind = struct.unpack(">I4s", data[at : at + 8])
        head = 8
        if length == 1 and at + 16 <= len(data):
            length, head = struct.unpack(">Q", data[at + 8 : at + 16])[0], 16
        end = at + length if length else len(data)
        if end < at + head:
            return
        yield kind, data[at + head : end]
        at = end
