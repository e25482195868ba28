"""What may come along with a coloured picture: a contact sheet of its variants, and a map of the confidence."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pyvips

from .chroma import Chroma, Joiner
from .color.spaces import lightness_to_srgb
from .errors import SettingError
from .picture import Picture
from .writing import Encoding, check_free, to_file

TILE = 480  # px, the longer side of a picture on the sheet
GAP = 8  # px between pictures
SURROUND = 48  # sRGB code of the neutral around them


def save_sheet(chromas: Sequence[Chroma], picture: Picture, path: Path, overwrite: bool) -> None:
    """The grey picture and its colourings, side by side, likeliest first, row by row.

    Raises:
        PictureError: the file is there already and ``overwrite`` is off, or it cannot be written.
    """
    check_free(path, overwrite)
    scale = TILE / max(picture.width, picture.height)
    width, height = (max(1, round(side * min(1, scale))) for side in (picture.width, picture.height))
    L = picture.small_lightness(0, width, height)
    grey = np.repeat((lightness_to_srgb(L) * 255).round().astype(np.uint8)[..., None], 3, axis=2)
    tiles = [grey, *(Joiner(chroma, height, width, deep=False)(0, L) for chroma in chromas)]
    images = [pyvips.Image.new_from_array(tile, interpretation="srgb") for tile in tiles]
    across = int(np.ceil(np.sqrt(len(images))))
    sheet = pyvips.Image.arrayjoin(images, across=across, shim=GAP, background=[SURROUND] * 3)
    framed = sheet.embed(
        GAP, GAP, sheet.width + 2 * GAP, sheet.height + 2 * GAP, extend="background", background=[SURROUND] * 3
    )
    encoding = Encoding("jpeg")
    to_file(encoding.prepare(framed), path, encoding)


def save_confidence(chroma: Chroma, picture: Picture, model: str, path: Path, overwrite: bool) -> None:
    """Where the colours can be trusted: an 8-bit grey picture of the same size, white where they are sure.

    A value v says that the ab error is under 10 with probability v / 255.

    Raises:
        PictureError: the file is there already and ``overwrite`` is off, or it cannot be written.
        SettingError: a model that does not say how sure it is.
    """
    if chroma.confidence is None:
        raise SettingError(f"model {model} does not say how sure it is; leave out --confidence")
    check_free(path, overwrite)
    small = pyvips.Image.new_from_array((chroma.confidence * 255).clip(0, 255).astype(np.float32))
    rows, columns = chroma.confidence.shape
    large = small.resize(picture.width / columns, vscale=picture.height / rows, kernel="linear")
    exact = large.gravity("centre", picture.width, picture.height, extend="copy")
    to_file(exact.rint().cast("uchar").copy(interpretation="b-w"), path, Encoding("png", provenance=False))
