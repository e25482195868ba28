"""A contact sheet: one picture's colourings side by side."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyvips

from colorizing_things.color.chroma import Chroma
from colorizing_things.color.join import Joiner
from colorizing_things.color.spaces import lightness_to_srgb
from colorizing_things.types import Codes

from .picture import Picture
from .writing import Encoding, check_destination, one_sheet, to_file

TILE = 480  # px, the longer side of a picture on the sheet
GAP = 8  # px between pictures
SURROUND = 48  # sRGB code of the neutral around them


def save_sheet(chromas: Sequence[Chroma], picture: Picture, path: Path, overwrite: bool) -> None:
    """The grey picture and its colourings, side by side, likeliest first, row by row.

    Raises:
        PictureError: the file is there already and ``overwrite`` is off, or it cannot be written.
    """
    check_destination(path, Path(picture.name), overwrite)
    scale = TILE / max(picture.width, picture.height)
    width, height = (max(1, round(side * min(1, scale))) for side in (picture.width, picture.height))
    L = picture.small_lightness(0, width, height)
    gray = np.repeat((lightness_to_srgb(L) * 255).round().astype(np.uint8)[..., None], 3, axis=2)
    tiles = [gray, *(Joiner(chroma, height, width, deep=False)(0, L) for chroma in chromas)]
    save_tiles(tiles, path)


def save_tiles(tiles: Sequence[Codes], path: Path) -> None:
    """Pictures of one size, sRGB ``[H,W,3]``, uint8, side by side, row by row, as a JPEG that appears whole."""
    images = [pyvips.Image.new_from_array(tile, interpretation="srgb") for tile in tiles]
    across = int(np.ceil(np.sqrt(len(images))))
    sheet = pyvips.Image.arrayjoin(images, across=across, shim=GAP, background=[SURROUND] * 3)
    framed = sheet.embed(
        GAP, GAP, sheet.width + 2 * GAP, sheet.height + 2 * GAP, extend="background", background=[SURROUND] * 3
    )
    encoding = Encoding("jpeg")
    to_file(one_sheet(encoding.prepare(framed)), path, encoding, 1)
