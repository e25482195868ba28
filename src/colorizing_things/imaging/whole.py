"""Pictures that are decoded whole by others than libvips, as libvips images with their metadata."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyvips

from colorizing_things.errors import TooLargeError

from . import tiff
from .exif import entries_to_keep, with_block
from .lightness import PROFILE

CIELAB, ICC_LAB = 8, 9  # TIFF's PhotometricInterpretation
Pixels = npt.NDArray[Any]


@dataclass(frozen=True)
class Decoded:
    """A picture with its metadata as libvips has them. ``kind`` decides what it is written as."""

    kind: str
    image: pyvips.Image
    directories: list[tiff.Directory] = field(default_factory=list)
    note: str = ""


def check_size(width: int, height: int, max_pixels: int) -> None:
    """Before anything is decoded: a tiny file may claim to be huge.

    Raises:
        TooLargeError: it does.
    """
    if width * height > max_pixels:
        raise TooLargeError(width, height, max_pixels)


def as_image(
    pixels: Pixels, *, interpretation: str | None = None, icc: bytes | None = None, exif: bytes | None = None,
    xmp: bytes | None = None, dpi: float | None = None,
) -> pyvips.Image:  # fmt: skip
    """Pixels ``[H,W]`` or ``[H,W,C]`` (uint8, uint16, bool) with their metadata."""
    if pixels.dtype == bool:
        pixels = pixels.astype(np.uint8) * 255
    if pixels.ndim == 2:
        pixels = pixels[..., None]
    height, width, bands = pixels.shape
    deep = pixels.dtype == np.uint16
    data = np.ascontiguousarray(pixels).tobytes()
    image = pyvips.Image.new_from_memory(data, width, height, bands, "ushort" if deep else "uchar")
    if interpretation is None:
        gray, color = ("grey16", "rgb16") if deep else ("b-w", "srgb")
        interpretation = gray if bands < 3 else color
    resolution = dpi / 25.4 if dpi else 1.0
    image = image.copy(interpretation=interpretation, xres=resolution, yres=resolution)
    if exif:
        image = with_block(image, tiff.make_block(entries_to_keep(tiff.read_block(exif), False)))
    for name, data_of in ((PROFILE, icc), ("xmp-data", xmp)):
        if data_of:
            image.set_type(pyvips.GValue.blob_type, name, data_of)
    return image


def of_lab(pixels: Pixels, photometric: int, bits: int) -> pyvips.Image:
    """CIELAB of a TIFF: a and b are signed, in ICC's way offset (TIFF 6.0, section 23; TIFF technical note 4)."""
    step = 2 ** (bits - 8)
    L = pixels[..., 0].astype(np.float32) * np.float32(100 / (2**bits - 1))
    planes = [L]
    for channel in (pixels[..., 1], pixels[..., 2]):
        if photometric == CIELAB:
            planes.append(channel.astype(f"i{bits // 8}").astype(np.float32) / step)
        else:
            planes.append(channel.astype(np.float32) / step - 128)
    lab = np.ascontiguousarray(np.stack(planes, axis=-1))
    image = pyvips.Image.new_from_memory(lab.tobytes(), lab.shape[1], lab.shape[0], 3, "float")
    return image.copy(interpretation="lab").colourspace("rgb16")
