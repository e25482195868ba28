"""The set that is scored: photographs found, chosen, checked and read."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from torch import Tensor

from colorizing_things.color.spaces import lightness_to_srgb
from colorizing_things.errors import PictureError, SettingError
from colorizing_things.lab.data.emulsion import lightness_on_plate, plate_weights
from colorizing_things.lab.data.photographs import PICTURE_SUFFIXES
from colorizing_things.lab.data.reading import read_whole
from colorizing_things.lab.data.sources import all_files
from colorizing_things.system import faults

UInt8 = npt.NDArray[np.uint8]
SMALLEST = 32  # pixels a side


@dataclass(frozen=True)
class Picture:
    """One photograph of the set: file, name within the set (no suffix), SHA-256 of its bytes, size."""

    path: Path
    name: str
    sha256: str
    width: int
    height: int


def list_pictures(folder: Path) -> dict[str, Path]:
    """Every picture under a folder, by its path within it without the suffix, sorted.

    Raises:
        PictureError: no such folder, no pictures, or two files that differ in the suffix only.
    """
    if not faults.asked(folder.is_dir, folder):
        raise PictureError(f"{folder}: no such folder; give a folder of pictures")
    found: dict[str, Path] = {}
    for path in all_files(folder):
        if path.suffix.lower() not in PICTURE_SUFFIXES:
            continue
        name = path.relative_to(folder).with_suffix("").as_posix()
        if name in found:
            raise PictureError(f"{path}: {found[name].name} beside it has the same name; keep one of the two")
        found[name] = path
    if not found:
        raise PictureError(f"{folder}: holds no pictures; known are {', '.join(sorted(PICTURE_SUFFIXES))}")
    return found


def choose(folder: Path, limit: int | None = None, seed: int = 0) -> list[Picture]:
    """The photographs of a set: all of them, or ``limit`` chosen by the seed; sorted by name."""
    found = list_pictures(folder)
    return [_inspect(found[name], name) for name in drawn_names(list(found), limit, seed)]


def drawn_names(names: list[str], limit: int | None, seed: int) -> list[str]:
    """All of the names, or ``limit`` of them chosen by the seed, sorted.

    Raises:
        SettingError: a limit under 1.
    """
    if limit is not None and limit < 1:
        raise SettingError(f"limit {limit}: give 1 or more")
    if limit is None or limit >= len(names):
        return names
    return sorted(names[i] for i in np.random.default_rng(seed).permutation(len(names))[:limit])


def _inspect(path: Path, name: str) -> Picture:
    width, height = size_of(path)
    if min(width, height) < SMALLEST:
        raise PictureError(f"{path}: {width} x {height} is too small to score; remove it ({SMALLEST} pixels at least)")
    return Picture(path, name, file_sha256(path), width, height)


def size_of(path: Path) -> tuple[int, int]:
    """Upright width and height, from the file's header alone."""
    try:
        with Image.open(path) as opened:
            width, height = opened.size
            sideways = opened.getexif().get(0x0112, 1) >= 5
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise PictureError(
            f"{path}: cannot be read as a picture ({_first_line(error)}); remove or replace it"
        ) from error
    return (height, width) if sideways else (width, height)


def read_rgb(path: Path) -> UInt8:
    """The picture upright, as 8-bit sRGB ``[H,W,3]``, read as training reads its photographs.

    Raises:
        PictureError: it cannot be read.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise PictureError(f"{path}: cannot be read as a picture ({error.strerror}); remove or replace it") from error
    return np.ascontiguousarray(read_whole(data, str(path)))


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def set_checksum(pictures: list[Picture]) -> str:
    """One SHA-256 for the set: of every picture's name and bytes."""
    return hashlib.sha256("".join(f"{p.name} {p.sha256}\n" for p in pictures).encode()).hexdigest()


def gray_of(rgb: UInt8) -> UInt8:
    """The black-and-white photograph: sRGB ``[H,W,3]`` -> neutral values of the same L*, ``[H,W]`` uint8."""
    from colorizing_things.lab.metrics.base import to_lab

    L = to_lab(to_tensor(rgb))[0].double().numpy()
    return (lightness_to_srgb(L).clip(0, 1) * 255).round().astype(np.uint8)


def on_plate(rgb: UInt8, plate: str) -> UInt8:
    """The photograph as an old plate saw it: sRGB ``[H,W,3]`` -> neutral values ``[H,W]`` uint8.

    Args:
        rgb: the photograph.
        plate: one of :data:`.emulsion.PLATES`.
    """
    L = lightness_on_plate(rgb / 255, plate_weights(plate))
    return (lightness_to_srgb(L).clip(0, 1) * 255).round().astype(np.uint8)


def to_tensor(rgb: UInt8) -> Tensor:
    """``[H,W,3]`` -> ``[3,H,W]``."""
    return torch.from_numpy(np.ascontiguousarray(rgb.transpose(2, 0, 1)))


def _first_line(error: Exception) -> str:
    text = str(error).splitlines()
    return text[0] if text else type(error).__name__
