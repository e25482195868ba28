"""Any libvips image -> one plane of lightness. Colour and sepia are reduced to their luminance here."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pyvips

from colorizing_things.errors import PictureError

PROFILE = "icc-profile-data"
SAME_AS_SRGB = 2  # codes of 255: profiles that differ by less are sRGB under another name


def lightness_plane(image: pyvips.Image) -> pyvips.Image:
    """The lightness of every pixel, one band.

    Neutral sRGB codes (uchar, ushort) where the input is just that, which is exact; else L* 0..100 as float.
    An embedded ICC profile is honoured.

    Raises:
        PictureError: pixels of a kind that no photograph has (complex, 32-bit floats of unknown range).
    """
    color = image.extract_band(0, n=image.bands - 1) if image.hasalpha() else image
    profile = _profile(color)
    if color.interpretation in ("scrgb", "lab", "labs", "lch", "xyz", "yxy"):
        return color.colourspace("lab")[0].cast("float")
    if color.format not in ("uchar", "ushort"):
        raise PictureError(f"pixels of type {color.format} have no agreed range; save it with 8 or 16 bits first")
    if color.bands == 1:
        return color.maplut(_gray_profile_table(profile, color.format)) if profile else color
    if color.bands == 2:
        raise PictureError("two channels without alpha are no photograph; save it as grey or RGB first")
    if color.interpretation == "cmyk":
        return color.icc_transform("srgb", embedded=True, depth=16).colourspace("lab")[0].cast("float")
    if profile and not _is_srgb(profile):
        color = color.icc_transform("srgb", embedded=True, depth=16)
    else:
        color = color.extract_band(0, n=3).copy(interpretation="rgb16" if color.format == "ushort" else "srgb")
    return color.colourspace("lab")[0].cast("float")


def _profile(image: pyvips.Image) -> bytes | None:
    """The embedded ICC profile, if it fits the picture's channels (some scanners attach an RGB one to grey)."""
    if PROFILE not in image.get_fields():
        return None
    data = bytes(image.get(PROFILE))
    channels = {b"GRAY": 1, b"RGB ": 3, b"CMYK": 4}.get(data[16:20])
    return data if channels == image.bands else None


def _with_profile(pixels: np.ndarray, interpretation: str, profile: bytes) -> pyvips.Image:
    image = pyvips.Image.new_from_array(pixels, interpretation=interpretation)
    image.set_type(pyvips.GValue.blob_type, PROFILE, profile)
    return image


@lru_cache(maxsize=8)
def _is_srgb(profile: bytes) -> bool:
    """Whether the profile leaves a grid of colours where they were. An unusable profile counts as sRGB."""
    level = np.linspace(0, 255, 9).astype(np.uint8)
    grid = np.stack(np.meshgrid(level, level, level), axis=-1).reshape(1, -1, 3)
    try:
        through = _with_profile(grid, "srgb", profile).icc_transform("srgb", embedded=True).numpy()
    except pyvips.Error:
        return True
    return bool(np.abs(through.astype(int) - grid).max() <= SAME_AS_SRGB)


@lru_cache(maxsize=8)
def _gray_profile_table(profile: bytes, depth: str) -> pyvips.Image:
    """L* of every code under a grey ICC profile, as a lookup table."""
    deep = depth == "ushort"
    codes = np.arange(65536 if deep else 256, dtype=np.uint16 if deep else np.uint8)[None, :]
    image = _with_profile(codes, "grey16" if deep else "b-w", profile)
    table = image.icc_import(embedded=True, pcs="lab", intent="relative")[0].cast("float")
    return table.copy_memory()
