"""Colour hints: what a user says about the colour of a place, brought to the size that the network sees."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import pyvips

from colorizing_things.color.spaces import srgb_to_lab
from colorizing_things.errors import SettingError
from colorizing_things.imaging.lightness import lab
from colorizing_things.imaging.picture import Picture
from colorizing_things.imaging.vips_errors import as_picture_error
from colorizing_things.model.hint_field import HintField
from colorizing_things.types import Float32

Reach = Literal["spot", "object", "alike"]  # how far a hint's colour goes: :mod:`.reach`
REACHES: tuple[Reach, ...] = get_args(Reach)

AS_TEXT = re.compile(r"\s*(-?[\d.]+)\s*,\s*(-?[\d.]+)\s*=\s*([^\s,]+)\s*(?:,\s*reach\s*=\s*(\S+)\s*)?")
GRAY = ("gray", "grey")
PAINTED = 0.02  # share of a small pixel that must be painted for it to count: thin strokes do, stray pixels do not

POINT = 5  # px a side of what a point says, at the size that the network sees


@dataclass(frozen=True)
class Hint:
    """The colour of one place.

    Attributes:
        x, y: in the upright picture's own pixels, from its top left corner.
        ab: CIELAB's a and b. The lightness is the picture's own.
        reach: how far its colour goes: ``spot``, around the place; ``object``, the thing that lies there, wholly, and
            nothing else; ``alike``, all that the network takes for the like. A network that cannot tell things apart
            takes an object's hint as far as it pleases.

    Examples:
        >>> Hint.of_color(120, 340, "#7a4a2b") == Hint.parse("120,340=#7a4a2b")
        True
    """

    x: float
    y: float
    ab: tuple[float, float]
    reach: Reach = "object"

    @classmethod
    def of_color(cls, x: float, y: float, color: str, reach: str = "object") -> Hint:
        """A hint by its sRGB colour, ``#rrggbb``, ``#rgb`` or ``grey``; the colour's own lightness is ignored.

        Raises:
            SettingError: no such colour, or no such reach.

        Examples:
            >>> [round(value) for value in Hint.of_color(120, 340, "#f00").ab]
            [80, 67]
        """
        return cls(x, y, ab_of_color(color), check_reach(reach))

    @classmethod
    def parse(cls, text: str) -> Hint:
        """A hint as the command line has it: ``X,Y=#rrggbb`` or ``X,Y=grey``, then, if need be, ``,reach=spot``.

        Raises:
            SettingError: written otherwise.

        Examples:
            >>> hint = Hint.parse("120,340=#7a4a2b")
            >>> hint.x, hint.y
            (120.0, 340.0)
        """
        found = AS_TEXT.fullmatch(text)
        try:
            x, y = (float(found[n]) for n in (1, 2)) if found else (math.nan, math.nan)
        except ValueError:
            x = y = math.nan
        if not found or not (math.isfinite(x) and math.isfinite(y)):
            raise SettingError(f"hint {text!r}: write it as X,Y=#rrggbb, for example 120,340=#7a4a2b")
        return cls.of_color(x, y, found[3], found[4] or "object")


def check_reach(name: str) -> Reach:
    """A reach by its name.

    Raises:
        SettingError: there is none of that name.

    Examples:
        >>> check_reach("spot")
        'spot'
    """
    for reach in REACHES:
        if name == reach:
            return reach
    raise SettingError(f"reach {name!r}: must be {', '.join(REACHES)}")


def ab_of_color(color: str) -> tuple[float, float]:
    """CIELAB's a and b of ``#rrggbb``, ``#rgb``, ``gray`` or ``grey``.

    Raises:
        SettingError: written otherwise.

    Examples:
        >>> ab_of_color("grey")
        (0.0, 0.0)
        >>> [round(number) for number in ab_of_color("#7a4a2b")]
        [17, 27]
    """
    if color.lower() in GRAY:
        return 0.0, 0.0
    digits = color.removeprefix("#")
    if len(digits) == 3:
        digits = "".join(2 * digit for digit in digits)
    if not re.fullmatch(r"[0-9a-fA-F]{6}", digits):
        raise SettingError(f"colour {color!r}: write it as #rrggbb, or grey")
    rgb = np.frombuffer(bytes.fromhex(digits), np.uint8) / 255
    _, a, b = srgb_to_lab(rgb)
    return float(a), float(b)


def place(hints: Sequence[Hint], picture: Picture, height: int, width: int) -> HintField:
    """Bring points to the network's size.

    Raises:
        SettingError: a point outside of the picture.
    """
    field = HintField.none(height, width)
    for hint in hints:
        field = field.with_patch(*cell_of(hint, picture, height, width), POINT, hint.ab)
    return field


def cell_of(hint: Hint, picture: Picture, height: int, width: int) -> tuple[int, int]:
    """Row and column of a hint at the network's size.

    Raises:
        SettingError: outside of the picture.
    """
    if not (0 <= hint.x < picture.width and 0 <= hint.y < picture.height):
        raise SettingError(
            f"hint at {hint.x:g},{hint.y:g}: outside of {picture.name}, which is {picture.width} x {picture.height}"
        )
    return int(hint.y * height / picture.height), int(hint.x * width / picture.width)


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
    with as_picture_error(f"{layer.name}: cannot be read"):
        image = layer.page(0)
        mask = (image[image.bands - 1] > 0) / 255.0
        planes = lab(image).extract_band(1, n=2) * mask
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
