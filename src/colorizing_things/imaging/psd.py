"""Photoshop's files: the flattened picture that lies behind the layers."""

from __future__ import annotations

import io
import struct
from typing import IO

import numpy as np
import pyvips

from colorizing_things.errors import PictureError

from .iptc import IIM, resources
from .whole import ICC_LAB, Decoded, Pixels, as_image, check_size, of_lab

GRAY, RGB, CMYK, LAB, DUOTONE, BITMAP = 1, 3, 4, 9, 8, 0
RESOLUTION, PROFILE, EXIF, XMP = 1005, 1039, 1058, 1060
MOST_CHANNELS = 56  # of the format


def read_psd(file: IO[bytes], max_pixels: int) -> Decoded:
    """The flattened picture that Photoshop writes behind the layers (Adobe Photoshop File Formats).

    Raises:
        PictureError: over ``max_pixels``, damaged, or of a mode that is not read.
    """
    head = file.read(26)
    version, channels, rows, columns, bits, mode = struct.unpack(">4xH6xHIIHH", head)
    if version not in (1, 2) or not rows or not columns or not 1 <= channels <= MOST_CHANNELS:
        raise PictureError("not a header of Photoshop's")
    check_size(columns, rows, max_pixels)
    if bits not in (1, 8, 16):
        raise PictureError(f"{bits} bits a channel are not read; save it with 16 first")
    wanted = {GRAY: 1, RGB: 3, CMYK: 4, LAB: 3, DUOTONE: 1, BITMAP: 1}.get(mode)
    if wanted is None or wanted > channels:
        raise PictureError("its colour mode is not read; save it as RGB first")
    file.seek(struct.unpack(">I", file.read(4))[0], io.SEEK_CUR)
    said = {number: data for number, _, data in resources(file.read(struct.unpack(">I", file.read(4))[0]))}
    size = struct.unpack(">Q" if version == 2 else ">I", file.read(8 if version == 2 else 4))[0]
    file.seek(size, io.SEEK_CUR)
    planes = _planes(file, version, channels, rows, columns, bits)
    transparent = mode in (RGB, GRAY) and channels == wanted + 1 and size > 0
    pixels = planes[: wanted + transparent].transpose(1, 2, 0)
    dpi = struct.unpack(">i", said[RESOLUTION][:4])[0] / 65536 if len(said.get(RESOLUTION, b"")) >= 4 else None
    if mode == CMYK:
        pixels = ~pixels
    if mode == LAB:
        image = of_lab(pixels, ICC_LAB, bits)
    else:
        image = as_image(
            pixels, interpretation="cmyk" if mode == CMYK else None, icc=said.get(PROFILE),
            exif=said.get(EXIF), xmp=said.get(XMP), dpi=dpi,
        )  # fmt: skip
    if said.get(IIM):
        image = image.copy()
        image.set_type(pyvips.GValue.blob_type, "iptc-data", said[IIM])
    return Decoded("psd", image)


def _planes(file: IO[bytes], version: int, channels: int, rows: int, columns: int, bits: int) -> Pixels:
    width = -(-columns * bits // 8)
    compression = struct.unpack(">H", file.read(2))[0]
    if compression == 0:
        data = file.read(channels * rows * width)
    elif compression == 1:
        code = "I" if version == 2 else "H"
        counts = struct.unpack(f">{channels * rows}{code}", file.read(struct.calcsize(code) * channels * rows))
        data = b"".join(_unpacked(file.read(count), width) for count in counts)
    else:
        raise PictureError("its picture is compressed in a way that is not read; save it again, compatible")
    if len(data) != channels * rows * width:
        raise PictureError("it is broken off; copy it again from where it came")
    if bits == 1:
        found = np.unpackbits(np.frombuffer(data, np.uint8).reshape(channels, rows, width), axis=-1)[..., :columns]
        return np.asarray((1 - found) * 255, np.uint8)
    planes = np.frombuffer(data, ">u2" if bits == 16 else np.uint8).reshape(channels, rows, columns)
    return planes.astype(np.uint16 if bits == 16 else np.uint8)


def _unpacked(row: bytes, width: int) -> bytes:
    """A row of PackBits."""
    out, at = bytearray(), 0
    while at < len(row) and len(out) < width:
        count = row[at]
        if count < 128:
            out += row[at + 1 : at + 2 + count]
            at += 2 + count
        else:
            if count > 128:
                out += row[at + 1 : at + 2] * (257 - count)
            at += 2
        if count == 128:
            at -= 1
    return bytes(out)
