"""The luma of decoded frames, code for code, whatever format they come in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, cast

import av
import cv2
import numpy as np
import numpy.typing as npt

from colorizing_things.types import Codes, Float32

FULL = 2  # AVColorRange's AVCOL_RANGE_JPEG: codes 0 to 255, not 16 to 235
OWN_PLANE = re.compile(r"(yuva?j?4\d\dp|gray|nv(12|16|21|24|42))(\d+le)?")  # luma is a plane of its own
BT709 = np.array([0.2126, 0.7152, 0.0722])  # of encoded R, G, B (ITU-R BT.709-6, 3.2)


@dataclass(frozen=True)
class Scale:
    """What luma codes mean.

    Attributes:
        bits: of a code, 8 to 16.
        full: black is 0 and white the largest code; else 16 and 235 of 255, shifted up for more bits (BT.709-6, 4.6).
    """

    bits: int = 8
    full: bool = False

    @property
    def black(self) -> float:
        """The code of black."""
        return 0 if self.full else 16 << (self.bits - 8)

    @property
    def span(self) -> float:
        """White's code less black's."""
        return (1 << self.bits) - 1 if self.full else 219 << (self.bits - 8)

    @property
    def middle(self) -> int:
        """The chroma code of no colour."""
        return 1 << (self.bits - 1)

    @property
    def chroma_span(self) -> float:
        """Chroma's largest code less its least."""
        return (1 << self.bits) - 1 if self.full else 224 << (self.bits - 8)

    @property
    def dtype(self) -> type[np.uint8] | type[np.uint16]:
        """Of an array of codes."""
        return np.uint8 if self.bits == 8 else np.uint16

    def values(self, luma: Codes) -> Float32:
        """Codes -> 0 (black) to 1 (white), cut off beyond.

        Examples:
            >>> Scale().values(np.array([0, 16, 235], np.uint8)).round(6).tolist()
            [0.0, 0.0, 1.0]
        """
        found = (luma.astype(np.float32) - np.float32(self.black)) * np.float32(1 / self.span)
        return np.clip(found, 0, 1, out=found)

    def converted(self, luma: Codes, other: Scale) -> Codes:
        """Codes of this scale -> the nearest of another's; the very same ones where nothing differs.

        Examples:
            >>> Scale(8, True).converted(np.array([0, 255], np.uint8), Scale(10)).tolist()
            [64, 940]
        """
        if other == self:
            return luma
        found = (luma.astype(np.float32) - np.float32(self.black)) * np.float32(other.span / self.span)
        found += np.float32(other.black + 0.5)
        return _as_codes(np.clip(found, 0, (1 << other.bits) - 1), other.dtype)


def scale_of(pixels: av.VideoFormat, color_range: int) -> Scale:
    """The scale of the luma that :func:`luma_of` gives for frames of that format."""
    bits = max(8, pixels.components[0].bits)
    gray = pixels.is_rgb or pixels.has_palette or "j4" in pixels.name or pixels.name.startswith(("gray", "mono", "ya"))
    if _through_rgb(pixels):
        return Scale(8 if bits == 8 else 16, True)
    return Scale(bits, color_range == FULL or (gray and color_range != 1))


def luma_of(frame: av.VideoFrame) -> Codes:
    """A frame's luma ``[H,W]``, uint8 or uint16: a copy of its own plane; of RGB the BT.709 sum, of full range."""
    if _through_rgb(frame.format):
        deep = frame.format.components[0].bits > 8
        rgb = frame.to_ndarray(format="rgb48le" if deep else "rgb24")
        return _as_codes(np.rint(rgb @ BT709), np.uint16 if deep else np.uint8)
    if not OWN_PLANE.fullmatch(frame.format.name):
        frame = frame.reformat(format=_planar(frame.format))
    plane = frame.planes[0]
    dtype = np.dtype(np.uint8 if frame.format.components[0].bits == 8 else "<u2")
    rows = np.frombuffer(memoryview(plane), dtype)[: plane.height * plane.line_size // dtype.itemsize]
    return _as_codes(rows.reshape(plane.height, -1)[:, : plane.width], np.uint8 if dtype.itemsize == 1 else np.uint16)


def resized(luma: Codes, width: int, height: int) -> Codes:
    """Codes averaged, or interpolated, to another size."""
    if luma.shape == (height, width):
        return luma
    smaller = width <= luma.shape[1] and height <= luma.shape[0]
    found = cv2.resize(luma, (width, height), interpolation=cv2.INTER_AREA if smaller else cv2.INTER_CUBIC)
    return _as_codes(found, np.uint8 if luma.dtype == np.uint8 else np.uint16)


def _as_codes(array: npt.NDArray[Any], dtype: type[np.uint8] | type[np.uint16]) -> Codes:
    """A copy of its own."""
    return cast(Codes, array.astype(dtype))


def _through_rgb(pixels: av.VideoFormat) -> bool:
    """Whether luma has to be made of R, G and B (or of a palette, or of single bits)."""
    return pixels.is_rgb or pixels.has_palette or pixels.name.startswith(("mono", "xyz", "bayer", "ya"))


def _planar(pixels: av.VideoFormat) -> str:
    """The planar format of the same luma: for packed ones, and those whose bytes are the other way round."""
    bits = pixels.components[0].bits
    return "yuv444p" if bits == 8 else f"yuv444p{bits}le"
