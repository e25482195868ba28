"""A map of where the colours can be trusted."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyvips

from colorizing_things.color.chroma import Chroma
from colorizing_things.errors import SettingError

from .picture import Picture
from .writing import Encoding, check_destination, one_sheet, to_file


def save_confidence(chroma: Chroma, picture: Picture, model: str, path: Path, overwrite: bool) -> None:
    """Where the colours can be trusted: an 8-bit grey picture of the same size, white where they are sure.

    A value v says that the ab error is under 10 with probability v / 255.

    Raises:
        PictureError: the file is there already and ``overwrite`` is off, or it cannot be written.
        SettingError: a model that does not say how sure it is.
    """
    if chroma.confidence is None:
        raise SettingError(f"model {model} does not say how sure it is; leave out --confidence")
    check_destination(path, Path(picture.name), overwrite)
    small = pyvips.Image.new_from_array((chroma.confidence * 255).clip(0, 255).astype(np.float32))
    rows, columns = chroma.confidence.shape
    large = small.resize(picture.width / columns, vscale=picture.height / rows, kernel="linear")
    exact = large.gravity("centre", picture.width, picture.height, extend="copy")
    gray = exact.rint().cast("uchar").copy(interpretation="b-w")
    to_file(one_sheet(gray), path, Encoding("png", provenance=False), 1)
