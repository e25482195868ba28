"""Arrays and PIL images: checked at the door, and given back as the type that came in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeGuard

import numpy as np
import numpy.typing as npt

from colorizing_things.errors import SettingError
from colorizing_things.types import Codes

from .picture import Picture

if TYPE_CHECKING:
    from PIL import Image

PRESERVED_INFO = ("dpi", "exif", "xmp", "comment", "jfif_density", "jfif_unit")


def open_array(pixels: npt.NDArray[Any]) -> Picture:
    """Wrap ``[H,W]``, ``[H,W,1]``, ``[H,W,3]`` or ``[H,W,4]`` sRGB pixels; floats are 0..1.

    Raises:
        SettingError: wrong shape, dtype or range, or not a number somewhere.
    """
    if pixels.ndim not in (2, 3) or (pixels.ndim == 3 and pixels.shape[2] not in (1, 3, 4)):
        raise SettingError(f"array of shape {pixels.shape}: give [H,W], [H,W,3] or [H,W,4]")
    if pixels.size == 0:
        raise SettingError(f"array of shape {pixels.shape}: holds no pixels")
    if pixels.dtype.kind == "f":
        pixels = _codes_of_floats(pixels)
    elif pixels.dtype not in (np.uint8, np.uint16):
        raise SettingError(f"array of dtype {pixels.dtype}: give uint8, uint16 or float in 0..1")
    return Picture.of_array(pixels[..., None] if pixels.ndim == 2 else pixels)


def _codes_of_floats(pixels: npt.NDArray[Any]) -> npt.NDArray[np.uint16]:
    if not np.isfinite(pixels).all():
        raise SettingError("array holds NaN or infinity: replace those pixels first")
    if pixels.min() < -1e-3 or pixels.max() > 1 + 1e-3:
        raise SettingError(f"float array spans {pixels.min():g} to {pixels.max():g}: scale it to 0..1")
    return (pixels.clip(0, 1).astype(np.float64) * 65535).round().astype(np.uint16)


def match_array(original: npt.NDArray[Any], colored: Codes) -> npt.NDArray[Any]:
    """Coloured codes in the dtype (and, for floats, the range) of the array that came in."""
    if original.dtype.kind == "f":
        return (colored / 65535).astype(original.dtype)
    return colored


def is_pil(picture: object) -> TypeGuard[Image.Image]:
    """Whether it is a PIL image; does not import Pillow."""
    return any(base.__module__ == "PIL.Image" and base.__name__ == "Image" for base in type(picture).__mro__)


def open_pil(image: Image.Image) -> Picture:
    """Wrap a PIL image of any mode; its ICC profile is honoured. Pillow holds no 16-bit colour: 8 bits go on."""
    if image.mode.startswith("I"):
        pixels = (np.asarray(image).clip(0, 65535) / 257).round().astype(np.uint8)
    elif image.mode == "F":
        raise SettingError("PIL image of mode F has no agreed range: convert it to L first")
    elif image.mode in ("L", "LA", "RGB", "RGBA"):
        pixels = np.asarray(image)
    else:
        pixels = np.asarray(image.convert("RGBA" if image.has_transparency_data else "RGB"))
    if pixels.size == 0:
        raise SettingError(f"PIL image of {image.width} x {image.height} holds no pixels")
    return Picture.of_array(pixels[..., None] if pixels.ndim == 2 else pixels, image.info.get("icc_profile"))


def match_pil(original: Image.Image, colored: Codes) -> Image.Image:
    """Coloured pixels as a PIL image, RGB or RGBA, with what the original's ``info`` says that still holds."""
    from PIL import Image

    image = Image.fromarray(colored)
    image.info = {key: original.info[key] for key in PRESERVED_INFO if key in original.info}
    return image
