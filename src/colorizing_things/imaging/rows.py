"""Rows made on the fly -> a libvips image, without ever holding the picture.

libvips reads pixels from any stream it knows a format of; an uncompressed PNG is the simplest such stream.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pyvips

Pixels = npt.NDArray[np.uint8] | npt.NDArray[np.uint16]

COLOR_TYPE = {3: 2, 4: 6}  # PNG's: RGB, RGB + alpha


class RowSource:
    """Lends a sequential libvips image whose rows come from an iterator, read once from top to bottom.

    What the iterator raises is raised again on leaving the ``with``; libvips itself only sees that the stream
    ended, and its complaint about that would hide the cause.

        >>> with RowSource(rows, width, height, bands=3, deep=False) as image:  # doctest: +SKIP
        ...     image.write_to_file("out.jpg")
    """

    def __init__(self, rows: Iterator[Pixels], width: int, height: int, bands: int, deep: bool) -> None:
        """``rows`` yields blocks ``[n, width, bands]`` of uint8, or uint16 if ``deep``; bands 3 or 4."""
        self._error: BaseException | None = None
        self._chunks = _png(rows, width, height, bands, deep)
        self._left = memoryview(b"")
        self._source = pyvips.SourceCustom()
        self._source.on_read(self._read)

    def __enter__(self) -> pyvips.Image:
        try:  # the header makes libvips ask for the first rows already
            return pyvips.Image.new_from_source(self._source, "", access="sequential", fail_on="truncated")
        except pyvips.Error as error:
            raise self._error or error from None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        if error is not None and self._error is not None:
            raise self._error from None

    def _read(self, size: int) -> bytes:
        if not self._left and self._error is None:
            try:
                self._left = memoryview(next(self._chunks, b""))
            except BaseException as error:  # must not cross C
                self._error = error
        part, self._left = self._left[:size], self._left[size:]
        return bytes(part)


def _png(rows: Iterator[Pixels], width: int, height: int, bands: int, deep: bool) -> Iterator[bytes]:
    """The stream, a chunk a block of rows (PNG, third edition: 5.3 chunk layout, 11.2 critical chunks)."""
    header = struct.pack(">IIBBBBB", width, height, 16 if deep else 8, COLOR_TYPE[bands], 0, 0, 0)
    yield b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header)
    stored = zlib.compressobj(0)
    for block in rows:
        scanlines = block.reshape(len(block), -1)
        if deep:
            scanlines = scanlines.astype(">u2").view(np.uint8)
        unfiltered = np.zeros((len(block), 1 + scanlines.shape[1]), np.uint8)
        unfiltered[:, 1:] = scanlines
        yield _chunk(b"IDAT", stored.compress(unfiltered.tobytes()))
    yield _chunk(b"IDAT", stored.flush()) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, data: bytes) -> bytes:
    checksum = zlib.crc32(data, zlib.crc32(kind))
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)
