"""Make the sheets of docs/results.md on which networks that are to be had by name colour the same photographs.

usage: python benchmarks/rows.py [FILE [NAME ...]]    in a full clone; pip install scikit-learn matplotlib

What is not installed yet is taken from the history; a name with a slash is a model's own folder. Without names: every
network, and the default. The photographs are those in packages that may be shown: scikit-image's and matplotlib's
(public domain), and scikit-learn's two (CC BY 2.0, by danielbuechele and vultilion of Flickr).
"""

import sys
from pathlib import Path

import matplotlib
import numpy as np
from pictures import gray
from PIL import Image, ImageDraw
from skimage import data
from sklearn.datasets import load_sample_images

from colorizing_things import Colorizer, Picture
from colorizing_things.model.fetching import fetch_model
from colorizing_things.model.places import published

SIDE, HEAD = 128, 14  # px: of a tile, and of the line with the names
GAP = 2


def photographs() -> list[np.ndarray]:
    """Six of them and a portrait, sRGB ``[H,W,3]``."""
    hopper = Image.open(Path(matplotlib.get_data_path()) / "sample_data/grace_hopper.jpg")
    own = [data.astronaut(), np.asarray(hopper), data.coffee(), data.chelsea(), data.rocket()]
    return [*own, *load_sample_images().images]


def tile(pixels: np.ndarray) -> Image.Image:
    """The middle square of a picture, small."""
    side = min(pixels.shape[:2])
    top, left = ((n - side) // 2 for n in pixels.shape[:2])
    square = Image.fromarray(pixels[top : top + side, left : left + side])
    return square.resize((SIDE, SIDE), Image.Resampling.LANCZOS)


def main() -> None:
    file = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/pictures/rows.jpg")
    originals = photographs()
    pictures = [Picture.of_array(pixels) for pixels in originals]
    columns = {"grey": [gray(picture) for picture in pictures]}
    every = [name for name, model in published().items() if model.is_model]
    for name in sys.argv[2:] or [*every, "default"]:
        colorizer = Colorizer(name if name == "default" or "/" in name else fetch_model(name))
        columns[Path(name).name] = [colorizer.pixels(picture) for picture in pictures]
    columns["real"] = originals
    sheet = Image.new("RGB", (len(columns) * (SIDE + GAP), HEAD + len(originals) * (SIDE + GAP)), "white")
    pen = ImageDraw.Draw(sheet)
    for column, (name, made) in enumerate(columns.items()):
        pen.text((column * (SIDE + GAP) + 2, 1), name, fill="black")
        for row, pixels in enumerate(made):
            sheet.paste(tile(pixels), (column * (SIDE + GAP), HEAD + row * (SIDE + GAP)))
    sheet.save(file, quality=86)


if __name__ == "__main__":
    main()
