"""What several tests measure on pictures, and where the shared photographs lie, if they do."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from colorizing_things.color.spaces import srgb_to_lab

SHARED = Path(__file__).parents[2] / "shared"


def lightness(rgb: npt.NDArray) -> npt.NDArray:
    """L* of 8- or 16-bit sRGB pixels, grey or colour."""
    scaled = np.asarray(rgb, float) / np.iinfo(rgb.dtype).max
    if scaled.ndim == 2:
        scaled = np.repeat(scaled[..., None], 3, axis=-1)
    return srgb_to_lab(scaled[..., :3])[..., 0]


def chroma(rgb: npt.NDArray) -> npt.NDArray:
    """Chroma of 8- or 16-bit sRGB pixels."""
    lab = srgb_to_lab(np.asarray(rgb[..., :3], float) / np.iinfo(rgb.dtype).max)
    return np.hypot(lab[..., 1], lab[..., 2])
