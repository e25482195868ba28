"""``colorize demo``: a real photograph, coloured, without having one at hand."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from colorizing_things.errors import PictureError
from colorizing_things.system import faults
from colorizing_things.system.defaults import MODEL

NAMES = ("demo.grey.jpg", "demo.color.jpg", "demo.side-by-side.jpg")


def demo(
    out: Annotated[str, typer.Option("-o", "--out", help="Folder to write into.")] = ".",
    overwrite: Annotated[bool, typer.Option(help="Write over what an earlier demo has written.")] = False,
    model: Annotated[str, typer.Option(help="A bundled name, or a path.")] = MODEL,
) -> None:
    """Colour a real photograph that comes with the package: grey, coloured, and both side by side."""
    folder = Path(out)
    if not out or (faults.asked(folder.exists, folder) and not folder.is_dir()):
        raise PictureError(f"{out or 'an empty name'}: is no folder; -o takes one")
    there = [folder / name for name in NAMES if faults.asked((folder / name).exists, folder / name)]
    if there and not overwrite:
        raise PictureError(f"{there[0]}: exists already; --overwrite redoes it, -o names another folder")
    import numpy as np
    import pyvips
    from rich.console import Console

    from colorizing_things.colorizer import Colorizer
    from colorizing_things.demonstration import photograph
    from colorizing_things.imaging.picture import Picture
    from colorizing_things.imaging.writing import Encoding, one_sheet, to_file

    original = photograph()
    gray_picture = Picture.of_array(original)
    L = np.concatenate([strip.lightness for strip in gray_picture.strips(0)])
    gray_image = pyvips.Image.new_from_array(L).bandjoin([0, 0]).copy(interpretation="lab").colourspace("b-w")
    started = time.perf_counter()
    colorizer = Colorizer(model)
    colored = pyvips.Image.new_from_array(colorizer(original), interpretation="srgb")
    seconds = time.perf_counter() - started
    side_by_side = gray_image.colourspace("srgb").join(colored, "horizontal")
    encoding = Encoding("jpeg")
    for name, image in zip(NAMES, (gray_image, colored, side_by_side), strict=True):
        finished = encoding.prepare(image) if name != NAMES[0] else image
        to_file(one_sheet(finished), folder / name, encoding, 1)
    where = "" if folder == Path() else f" in {folder}"
    Console(highlight=False).print(f"{', '.join(NAMES)} written{where} ({seconds:.1f} s)", soft_wrap=True)
