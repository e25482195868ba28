"""Whatever a user calls a picture -> a Picture. The one door, and the one place that refuses what is too large."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from colorizing_things.errors import SettingError

from .arrays import is_pil, open_array, open_pil
from .picture import MAX_PIXELS, Picture


def open_picture(picture: Any, max_pixels: int = MAX_PIXELS) -> Picture:
    """Open a path, bytes, an ndarray, a PIL image, or a :class:`.Picture` that is open already.

    Args:
        picture: which.
        max_pixels: refuse larger pages.

    Raises:
        PictureError: it cannot be read, or is too large.
        SettingError: a type or shape that is no picture.
    """
    opened = _open(picture, max_pixels)
    opened.check_size(max_pixels)
    return opened


def _open(picture: Any, max_pixels: int) -> Picture:
    if isinstance(picture, Picture):
        return picture
    if isinstance(picture, str | Path):
        return Picture.read(picture, max_pixels)
    if isinstance(picture, bytes | bytearray | memoryview):
        return Picture.decode(bytes(picture), max_pixels=max_pixels)
    if isinstance(picture, np.ndarray):
        return open_array(picture)
    if is_pil(picture):
        return open_pil(picture)
    raise SettingError(f"cannot colour a {type(picture).__name__}: give a path, bytes, PIL image or ndarray")
