"""One encoded photograph -> sRGB pixels: small ones to train on, or why it is left out; or whole, to be measured on.

Read by libvips, and what it does not know as the product reads that, with the guarantees of the product's own reader:
upright, through the picture's colour profile into sRGB, 16 bits brought down to 8, a broken-off file refused.
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyvips

from colorizing_things.color.spaces import srgb_to_lab
from colorizing_things.errors import PictureError
from colorizing_things.imaging.foreign import decode_if_needed
from colorizing_things.imaging.vips_errors import as_picture_error

MAX_ASPECT = 1.5
SMALLEST = 32  # px, the shorter side
DEV_PREFIXES = 5  # of 256: SHA-1 of the stored bytes starts with 00..04
AUGMENTED_MARK = b"drawn by colorize augment"  # among a PNG's comments: such a picture is never measured on

# From when on a picture counts as coloured; chosen on 32 historical photographs, which all fall, and 600 of today, of
# which two do, both toned. Of 4,500 training photographs 22 fall: half of them are toned, the others glaciers and snow.
GRAY_CHROMA = 5.0  # ab units of chroma that all but 2% of the places stay below
TINT_RMS = 2.5  # ab units, root mean square, from the tint that each lightness has
TINT_P95 = 5.0  # ab units from it that all but 5% of the places stay below
TONES = 10  # steps of lightness that have a tint of their own: sepia is not one colour


class EncodedPicture(NamedTuple):
    """One picture as found: its bytes, the collection it belongs to, its name, and whether no network drew it."""

    data: bytes
    source: str
    name: str = ""
    real: bool = True


class DecodedPicture(NamedTuple):
    """One picture ready to train on: uint8 sRGB ``[H,W,3]``; ``colorless`` is "grey", "tinted" or empty."""

    pixels: npt.NDArray[np.uint8]
    source: str
    dev: bool
    colorless: str = ""


def decode(encoded: EncodedPicture, side: int) -> DecodedPicture | str:
    """Decode one picture, upright, in sRGB, cropped to at most 3:2; or say why it cannot be used.

    Args:
        encoded: the picture.
        side: px that its shorter side is brought down to; smaller pictures stay as they are.
    """
    try:
        pixels = _read(encoded.data, side)
    except (pyvips.Error, PictureError):
        return "unreadable"
    if pixels is None:
        return "too small"
    dev = encoded.real and AUGMENTED_MARK not in encoded.data[:4096]
    dev = dev and hashlib.sha1(encoded.data).digest()[0] < DEV_PREFIXES
    return DecodedPicture(pixels, encoded.source, dev, colorless(pixels))


def read_whole(data: bytes, name: str) -> npt.NDArray[np.uint8]:
    """One encoded picture at its own size, upright: sRGB ``[H,W,3]``.

    Args:
        data: the picture, encoded.
        name: what messages call it.

    Raises:
        PictureError: it cannot be read.
    """
    with as_picture_error(f"{name}: cannot be read as a picture"):
        opened = _Opened(data, name)
        return _pixels(opened.srgb(opened.width, opened.height))


def _read(data: bytes, side: int) -> npt.NDArray[np.uint8] | None:
    opened = _Opened(data)
    width, height = opened.width, opened.height
    if min(width, height) < SMALLEST:
        return None
    crop_w, crop_h = min(width, int(height * MAX_ASPECT)), min(height, int(width * MAX_ASPECT))
    scale = min(1.0, side / min(crop_w, crop_h))
    small = opened.srgb(max(1, round(width * scale)), max(1, round(height * scale)))
    crop_w, crop_h = max(1, round(crop_w * scale)), max(1, round(crop_h * scale))
    left, top = (small.width - crop_w) // 2, (small.height - crop_h) // 2
    return _pixels(small.crop(max(0, left), max(0, top), crop_w, crop_h))


class _Opened:
    """One encoded picture, its header read: ``width`` and ``height`` are the upright picture's."""

    def __init__(self, data: bytes, name: str = "picture") -> None:
        self._data, decoded = data, decode_if_needed(name, data)
        self._decoded: pyvips.Image | None = decoded.image if decoded else None
        header = self._decoded or pyvips.Image.new_from_buffer(data, "", access="sequential", fail_on="truncated")
        turned = "orientation" in header.get_fields() and header.get("orientation") >= 5
        self.width, self.height = (header.height, header.width) if turned else (header.width, header.height)

    def srgb(self, width: int, height: int) -> pyvips.Image:
        """Upright, in 8-bit sRGB without alpha, brought to a size."""
        if self._decoded is not None:
            image = self._decoded.thumbnail_image(width, height=height, size="force", export_profile="srgb")
        else:
            image = pyvips.Image.thumbnail_buffer(
                self._data, width, height=height, size="force",
                export_profile="srgb", option_string="fail_on=truncated",
            )  # fmt: skip
        if image.hasalpha():
            image = image.extract_band(0, n=image.bands - 1)
        return image.colourspace("srgb")  # of grey, of 16 bits, and of what has no profile


def _pixels(image: pyvips.Image) -> npt.NDArray[np.uint8]:
    return np.asarray(image.numpy(), np.uint8)[..., :3]


def colorless(pixels: npt.NDArray[np.uint8]) -> str:
    """``grey`` or ``tinted`` (sepia, blue prints: one colour for each lightness), or empty for a colour photograph.

    Args:
        pixels: sRGB ``[H,W,3]``.
    """
    lab = srgb_to_lab(pixels[::2, ::2].reshape(-1, 3) / 255.0)
    L, ab = lab[:, 0], lab[:, 1:]
    if np.percentile(np.hypot(*ab.T), 98) < GRAY_CHROMA:
        return "grey"
    tone = np.clip((L * TONES / 100).astype(int), 0, TONES - 1)
    count = np.maximum(np.bincount(tone, minlength=TONES), 1)
    tint = np.stack([np.bincount(tone, ab[:, k], TONES) / count for k in (0, 1)], axis=1)
    distance = np.hypot(*(ab - tint[tone]).T)
    toned = np.sqrt(np.square(distance).mean()) < TINT_RMS and np.percentile(distance, 95) < TINT_P95
    return "tinted" if toned else ""
