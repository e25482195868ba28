"""Any libvips image -> one plane of lightness. Colour and sepia are reduced to their luminance here."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pyvips

from colorizing_things.errors import PictureError

PROFILE = "icc-profile-data"
LEAST_RANGE = 10.0  # of luminance, 0..100, between white and black: below that a profile is damaged
SAME_AS_SRGB = 2  # codes of 255: profiles that differ by less are sRGB under another name
FREE = ("scrgb", "lab", "labs", "lch", "xyz", "yxy")  # interpretations that say what their numbers mean


class PixelError(PictureError):
    """Pixels that mean nothing to us; who raises it need not know the file's name."""


def lightness_plane(image: pyvips.Image) -> pyvips.Image:
    """The lightness of every pixel, one band.

    Neutral sRGB codes (uchar, ushort) where the input is just that, which is exact; else L* 0..100 as float.
    An embedded ICC profile is honoured.

    Raises:
        PixelError: pixels of a kind that no photograph has (complex, numbers of unknown range).
    """
    color = without_alpha(image)
    if color.interpretation in FREE:
        return color.colourspace("lab")[0].cast("float")
    _check(color)
    profile = _profile(color)
    if color.bands == 1:
        return color.maplut(_gray_profile_table(profile, color.format)) if profile else color
    if profile and color.interpretation != "cmyk" and not _is_srgb(profile):
        try:
            return _lightness_of_luminance(color.icc_import(embedded=True, pcs="xyz", intent="relative")[1])
        except pyvips.Error:  # a profile that only looks like one
            color = _as_srgb(color)
    return lab(color)[0]


def lab(image: pyvips.Image) -> pyvips.Image:
    """CIELAB of every pixel, three float bands: through its ICC profile, if it has one.

    Raises:
        PixelError: as :func:`lightness_plane`.
    """
    color = without_alpha(image)
    if color.interpretation in FREE:
        return color.colourspace("lab").cast("float")
    _check(color)
    profile = _profile(color)
    if color.interpretation == "cmyk" or (profile and color.bands == 3 and not _is_srgb(profile)):
        color = color.icc_transform("srgb", embedded=True, depth=16)
    elif color.bands == 1 and profile:
        gray = color.maplut(_gray_profile_table(profile, color.format))
        return gray.bandjoin([0, 0]).copy(interpretation="lab")
    elif color.bands == 1:
        color = color.copy(interpretation="grey16" if color.format == "ushort" else "b-w")
    else:
        color = _as_srgb(color)
    return color.colourspace("lab").cast("float")


def without_alpha(image: pyvips.Image) -> pyvips.Image:
    """The colour's bands."""
    return image.extract_band(0, n=image.bands - 1) if image.hasalpha() else image


def _check(color: pyvips.Image) -> None:
    if color.format not in ("uchar", "ushort"):
        raise PixelError(f"pixels of type {color.format} have no agreed range; save it with 8 or 16 bits first")
    if color.bands == 2:
        raise PixelError("two channels without alpha are no photograph; save it as grey or RGB first")


def _as_srgb(color: pyvips.Image) -> pyvips.Image:
    interpretation = "rgb16" if color.format == "ushort" else "srgb"
    return color.extract_band(0, n=3).copy(interpretation=interpretation)


def _lightness_of_luminance(y: pyvips.Image) -> pyvips.Image:
    """L* of luminance, 0..100 (CIE 15)."""
    share = y / 100
    bright = 116 * (share > 0).ifthenelse(share, 0) ** (1 / 3) - 16
    return (share > (6 / 29) ** 3).ifthenelse(bright, share * (29 / 3) ** 3).cast("float")


def _profile(image: pyvips.Image) -> bytes | None:
    """The embedded ICC profile, if it fits the picture's channels (some scanners attach an RGB one to grey)."""
    if PROFILE not in image.get_fields():
        return None
    data = bytes(image.get(PROFILE))
    channels = {b"GRAY": 1, b"RGB ": 3, b"CMYK": 4}.get(data[16:20])
    return data if channels == image.bands and _tells_white_from_black(data, channels) else None


@lru_cache(maxsize=8)
def _tells_white_from_black(profile: bytes, channels: int) -> bool:
    """Whether it is of any use: one whose tables are damaged, or point nowhere, makes a picture black."""
    kind = {1: "b-w", 3: "srgb", 4: "cmyk"}[channels]
    codes = np.zeros((1, 2, channels), np.uint8)
    codes[0, 0 if channels == 4 else 1] = 255  # the second is white: all light, or no ink
    try:
        y = _with_profile(codes, kind, profile).icc_import(embedded=True, pcs="xyz", intent="relative")[1].numpy()
    except pyvips.Error:
        return True  # who asks it for a picture's colours hears of that, and goes on without it
    black, white = y.ravel()
    return bool(white - black > LEAST_RANGE)


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
    """L* of every code under a grey ICC profile, as a lookup table; without the profile where it is unusable.

    Through XYZ: the way through Lab rounds a linear profile's shadows by up to 2.8 L*.
    """
    deep = depth == "ushort"
    codes = np.arange(65536 if deep else 256, dtype=np.uint16 if deep else np.uint8)[None, :]
    image = _with_profile(codes, "grey16" if deep else "b-w", profile)
    try:
        table = _lightness_of_luminance(image.icc_import(embedded=True, pcs="xyz", intent="relative")[1])
        return table.copy_memory()
    except pyvips.Error:
        plain = pyvips.Image.new_from_array(codes, interpretation="grey16" if deep else "b-w")
        return plain.colourspace("lab")[0].cast("float").copy_memory()
