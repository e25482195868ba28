"""How tests look at opened pictures."""

from __future__ import annotations

import struct

import numpy as np
import numpy.typing as npt

from colorizing_things.color.spaces import srgb_to_lightness
from colorizing_things.imaging.picture import Picture


def full_lightness(picture: Picture, page: int = 0, raw: bool = False) -> npt.NDArray:
    """A page's L*; ``raw``: its codes, where it has them."""
    strips = list(picture.strips(page))
    assert [s.top for s in strips] == sorted(s.top for s in strips)
    plane = np.concatenate([np.asarray(s.lightness) for s in strips])
    if raw or plane.dtype == np.float32:
        return plane
    return srgb_to_lightness(plane / np.iinfo(plane.dtype).max)


def gray_profile(gamma: float) -> bytes:
    """A minimal ICC v2 profile: grey, light being codes to the power of ``gamma``."""
    white = b"XYZ \0\0\0\0" + struct.pack(">3i", int(0.9642 * 65536), 65536, int(0.8249 * 65536))
    curve = b"curv\0\0\0\0" + (struct.pack(">I", 0) if gamma == 1 else struct.pack(">IH", 1, round(gamma * 256)))
    text = b"text\0\0\0\0none\0\0\0\0"
    description = b"desc\0\0\0\0" + struct.pack(">I", 7) + b"linear\0" + b"\0" * 79
    tags = [(b"wtpt", white), (b"kTRC", curve), (b"cprt", text), (b"desc", description + b"\0" * 2)]
    offset, table, data = 128 + 4 + 12 * len(tags), b"", b""
    for name, content in tags:
        content += b"\0" * (-len(content) % 4)
        table += name + struct.pack(">II", offset + len(data), len(content))
        data += content
    size = offset + len(data)
    head = struct.pack(">I", size) + b"lcms" + struct.pack(">I", 0x02400000) + b"mntrGRAYXYZ " + b"\0" * 12
    head += b"acsp" + b"\0" * 28 + struct.pack(">3i", int(0.9642 * 65536), 65536, int(0.8249 * 65536))
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + table + data


def lightness_of_light(y: npt.ArrayLike) -> npt.NDArray:
    """L* of luminance 0..1."""
    y = np.asarray(y, float)
    return np.where(y > 0.008856, 116 * np.cbrt(y) - 16, 903.3 * y)
