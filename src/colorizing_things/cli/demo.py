"""``colorize demo``: a real photograph, coloured, without having one at hand."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.console import Console

from colorizing_things.colorizer import Colorizer
from colorizing_things.errors import PictureError
from colorizing_things.imaging.picture import Picture
from colorizing_things.imaging.writing import Encoding, to_file
from colorizing_things.model.catalog import DEFAULT

NAMES = ("demo.grey.jpg", "demo.color.jpg", "demo.side-by-side.jpg")


def demo(
    out: Annotated[Path, typer.Option("-o", "--out", help="Folder to write into.")] = Path(),
    model: Annotated[str, typer.Option(help="A bundled name, or a path.")] = DEFAULT,
) -> None:
    """Colour a real photograph that comes with scikit-image: grey, coloured, and both side by side."""
    import pyvips
    from skimage.data import chelsea  # Stefan van der Walt's cat, CC0

    if out.exists() and not out.is_dir():
        raise PictureError(f"{out}: is a file; -o takes a folder")
    gray_picture = Picture.of_array(chelsea())
    L = np.concatenate([strip.lightness for strip in gray_picture.strips(0)])
    gray_image = pyvips.Image.new_from_array(L).bandjoin([0, 0]).copy(interpretation="lab").colourspace("b-w")
    started = time.perf_counter()
    colorizer = Colorizer(model)
    colored = pyvips.Image.new_from_array(colorizer(chelsea()), interpretation="srgb")
    seconds = time.perf_counter() - started
    side_by_side = gray_image.colourspace("srgb").join(colored, "horizontal")
    encoding = Encoding("jpeg")
    for name, image in zip(NAMES, (gray_image, colored, side_by_side), strict=True):
        to_file(encoding.prepare(image) if name != NAMES[0] else image, out / name, encoding)
    where = "" if out == Path() else f" in {out}"
    Console(highlight=False).print(f"{', '.join(NAMES)} written{where} ({seconds:.1f} s)", soft_wrap=True)
