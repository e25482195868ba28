"""Colour hints: what a user says about the colour of a place, brought to the size that the network sees."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyvips

from .chroma import Float32
from .color.spaces import FloatArray, srgb_to_lab
from .errors import SettingError
from .picture import Picture, one_line

AS_TEXT = re.compile(r"\s*(-?[\d.]+)\s*,\s*(-?[\d.]+)\s*=\s*(\S+)\s*")
PAINTED = 0.02  # share of a small pixel that must be painted for it to count: thin strokes do, stray pixels do not

POINT = 5  # px a side of what a point says, at the size that the network sees
REACH = 0.1  # of the shorter side: how far a correction goes
ALIKE = 8.0  # L* units: how much lightness may differ for it to go there
STRANGER, KIN = -0.2, 0.4  # cosines of features from which a hint begins to say something, and says all
MOST_SPREADING = 256  # cells whose correction is spread; of a large painted area as many, evenly chosen


@dataclass(frozen=True)
class Hint:
    """The colour of one place.

    Attributes:
        x, y: in the upright picture's own pixels, from its top left corner.
        ab: CIELAB's a and b. The lightness is the picture's own.
    """

    x: float
    y: float
    ab: tuple[float, float]

    @classmethod
    def of_color(cls, x: float, y: float, color: str) -> Hint:
        """A hint by its sRGB colour, ``#rrggbb`` or ``#rgb``; the colour's own lightness is ignored."""
        return cls(x, y, ab_of_color(color))

    @classmethod
    def parse(cls, text: str) -> Hint:
        """A hint as the command line has it: ``X,Y=#rrggbb``.

        Raises:
            SettingError: written otherwise.
        """
        found = AS_TEXT.fullmatch(text)
        try:
            x, y = (float(found[n]) for n in (1, 2)) if found else (math.nan, math.nan)
        except ValueError:
            x = y = math.nan
        if not found or not (math.isfinite(x) and math.isfinite(y)):
            raise SettingError(f"hint {text!r}: write it as X,Y=#rrggbb, for example 120,340=#7a4a2b")
        return cls.of_color(x, y, found[3])


def ab_of_color(color: str) -> tuple[float, float]:
    """CIELAB's a and b of ``#rrggbb`` or ``#rgb``.

    Raises:
        SettingError: written otherwise.
    """
    digits = color.removeprefix("#")
    if len(digits) == 3:
        digits = "".join(2 * digit for digit in digits)
    if not re.fullmatch(r"[0-9a-fA-F]{6}", digits):
        raise SettingError(f"colour {color!r}: write it as #rrggbb")
    rgb = np.frombuffer(bytes.fromhex(digits), np.uint8) / 255
    _, a, b = srgb_to_lab(rgb)
    return float(a), float(b)


@dataclass(frozen=True)
class HintField:
    """Hints at the size that the network sees: ``ab`` [2,h,w] in CIELAB units, ``mask`` [h,w], 0 none to 1 sure."""

    ab: Float32
    mask: Float32

    @classmethod
    def none(cls, height: int, width: int) -> HintField:
        """No hint anywhere."""
        return cls(np.zeros((2, height, width), np.float32), np.zeros((height, width), np.float32))

    def with_patch(
        self, row: int, column: int, size: int, ab: Sequence[float] | FloatArray, trust: float = 1.0
    ) -> HintField:
        """Another hint: a square of ``size`` px around a place, where the field ends cut off; it wins over others."""
        field, mask = self.ab.copy(), self.mask.copy()
        top, left = max(0, row - size // 2), max(0, column - size // 2)
        rows, columns = slice(top, row - size // 2 + size), slice(left, column - size // 2 + size)
        field[:, rows, columns] = np.asarray(ab, np.float32)[:, None, None]
        mask[rows, columns] = trust
        return HintField(field, mask)

    @property
    def doubtful(self) -> HintField:
        """The hints of less than full trust alone."""
        return HintField(self.ab, np.where(self.mask < 1, self.mask, 0))

    def over(self, other: HintField) -> HintField:
        """These hints, and the other's where these have none."""
        own = self.mask > 0
        return HintField(np.where(own, self.ab, other.ab), np.where(own, self.mask, other.mask))


def place(hints: Sequence[Hint], picture: Picture, height: int, width: int) -> HintField:
    """Bring points to the network's size.

    Raises:
        SettingError: a point outside of the picture.
    """
    field = HintField.none(height, width)
    for hint in hints:
        if not (0 <= hint.x < picture.width and 0 <= hint.y < picture.height):
            raise SettingError(
                f"hint at {hint.x:g},{hint.y:g}: outside of {picture.name}, which is {picture.width} x {picture.height}"
            )
        row, column = int(hint.y * height / picture.height), int(hint.x * width / picture.width)
        field = field.with_patch(row, column, POINT, hint.ab)
    return field


def painted(layer: Picture, picture: Picture, height: int, width: int) -> HintField:
    """Bring a painted layer to the network's size: where its alpha is over 0, its colour is a hint.

    Raises:
        SettingError: without transparency, or of another size than the picture.
    """
    if not layer.has_alpha:
        raise SettingError(f"{layer.name}: has no transparency; paint the hints on a transparent layer")
    if (layer.width, layer.height) != (picture.width, picture.height):
        raise SettingError(
            f"{layer.name}: is {layer.width} x {layer.height}, {picture.name} {picture.width} x {picture.height};"
            " hints need the picture's own size"
        )
    with one_line(f"{layer.name}: cannot be read"):
        image = layer.page(0)
        mask = (image[image.bands - 1] > 0) / 255.0
        lab = image.extract_band(0, n=image.bands - 1).colourspace("lab")
        planes = lab.extract_band(1, n=2) * mask
        pixels = planes.bandjoin(mask).cast("float").copy(interpretation="multiband")
        small = _averaged(pixels, height, width)
    share = small[..., 2]
    ab = small[..., :2] / np.maximum(share, 1e-6)[..., None]
    known = share > PAINTED
    return HintField(np.where(known, ab.transpose(2, 0, 1), 0).astype(np.float32), known.astype(np.float32))


def _averaged(image: pyvips.Image, height: int, width: int) -> Float32:
    """Area average of float planes, ``[height, width, bands]``."""
    shrunk = image.resize(width / image.width, vscale=height / image.height, kernel="linear")
    return np.asarray(shrunk.numpy(), np.float32)


def honour(ab: Float32, hints: HintField, L: Float32) -> Float32:
    """Make sure hints keep their word: what the network missed by is made good, there and where it looks alike nearby.

    A network trained with hints follows them, but not to the unit, and least where it thinks it knows better. The
    rest of the way is a correction that fades with distance and with difference in lightness (a bilateral kernel:
    Tomasi & Manduchi 1998), so that it ends at edges. Only hints of full trust are so forced.

    Args:
        ab: the network's answer, ``[2,h,w]`` in CIELAB units.
        hints: at the size of ``L``.
        L: the lightness that it saw, 0..100, ``[H,W]``, a multiple of the answer's size.

    Returns:
        The corrected ab.
    """
    step = L.shape[0] // ab.shape[1]

    def cells(field: Float32) -> Float32:
        return field.reshape(*field.shape[:-2], ab.shape[1], step, ab.shape[2], step)

    sure = np.asarray(hints.mask >= 1, np.float32)
    count = cells(sure).sum((-3, -1))
    rows, columns = np.nonzero(count)
    if not len(rows):
        return ab
    wanted = cells(hints.ab * sure).sum((-3, -1))[:, rows, columns] / count[rows, columns]
    missed = wanted - ab[:, rows, columns]
    lightness = cells(L).mean((-3, -1))
    chosen = np.linspace(0, len(rows) - 1, min(len(rows), MOST_SPREADING)).round().astype(int)
    reach = REACH * min(ab.shape[1:])
    y, x = np.indices(ab.shape[1:], np.float32)
    total, weight = np.zeros_like(ab), np.zeros(ab.shape[1:], np.float32)
    for n in chosen:
        row, column = rows[n], columns[n]
        distance = ((y - row) ** 2 + (x - column) ** 2) / reach**2
        alike = (lightness - lightness[row, column]) ** 2 / ALIKE**2
        share = np.exp(-0.5 * (distance + alike))
        total += share * missed[:, n, None, None]
        weight += share
    corrected = ab + total / np.maximum(weight, 1)
    corrected[:, rows, columns] = wanted
    return np.asarray(corrected, np.float32)


def kinship(features: Float32, hints: HintField) -> Float32:
    """How far each place is of a kind with any hinted one, 0..1: its own object and others like it, not the picture.

    A network learns that one colour says something about all others, and would tint the wall with the coat. Here a
    hint goes only where the network's own features say the same thing is shown.

    Args:
        features: of the picture without hints, ``[C,h,w]``.
        hints: at the size that the network sees.

    Returns:
        ``[h,w]``.
    """
    centred = features - features.mean((1, 2), keepdims=True)
    unit = centred / np.maximum(np.linalg.norm(centred, axis=0), 1e-6)
    rows, columns = np.nonzero(hints.mask >= 1)
    chosen = np.linspace(0, len(rows) - 1, min(len(rows), MOST_SPREADING)).round().astype(int)
    at = (rows[chosen] * unit.shape[1] // hints.mask.shape[0], columns[chosen] * unit.shape[2] // hints.mask.shape[1])
    likeness = np.einsum("cn,chw->nhw", unit[:, at[0], at[1]], unit).max(0)
    return np.asarray(np.clip((likeness - STRANGER) / (KIN - STRANGER), 0, 1), np.float32)
