"""Make the pictures of the README and of docs/results.md, from four photographs that come with scikit-image.

usage: python benchmarks/pictures.py [FOLDER]
"""

import sys
from pathlib import Path

import numpy as np
from PIL import Image
from skimage import data

from colorizing_things import Colorizer, Hint, Picture
from colorizing_things.color.spaces import lightness_to_srgb

WIDTH = 400  # px a picture
SUIT, SLEEVE = (250, 420), (60, 450)  # of the astronaut


def gray(picture: Picture) -> np.ndarray:
    """Its lightness as the command sees it, ``[H,W,3]``."""
    L = np.concatenate([strip.lightness for strip in picture.strips(0)])
    neutral = L if L.dtype == np.uint8 else (lightness_to_srgb(L) * 255).round().astype(np.uint8)
    return np.repeat(neutral[..., None], 3, 2)


def small(pixels: np.ndarray) -> Image.Image:
    """At the sheet's width."""
    image = Image.fromarray(pixels)
    return image.resize((WIDTH, round(image.height * WIDTH / image.width)), Image.Resampling.LANCZOS)


def sheet(rows: list[list[np.ndarray]]) -> Image.Image:
    """Rows of pictures, each row as high as its first."""
    lines = [[small(pixels) for pixels in row] for row in rows]
    whole = Image.new("RGB", (WIDTH * max(map(len, lines)), sum(line[0].height for line in lines)), "white")
    top = 0
    for line in lines:
        for n, image in enumerate(line):
            whole.paste(image, (n * WIDTH, top))
        top += line[0].height
    return whole


def main() -> None:
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/pictures")
    colorizer = Colorizer()
    photographs = [data.astronaut(), data.coffee(), data.chelsea(), data.rocket()]
    pictures = [Picture.of_array(pixels) for pixels in photographs]
    colored = [colorizer.pixels(picture) for picture in pictures]
    rows = [list(row) for row in zip(map(gray, pictures), colored, photographs, strict=True)]
    sheet(rows).save(folder / "sheet.jpg", quality=88)
    sheet([rows[0][:2]]).save(folder / "demo.jpg", quality=90)
    portrait, session = pictures[0], colorizer.session(pictures[0])

    def told(*hints: Hint) -> np.ndarray:
        return colorizer.pixels(portrait, chroma=session.predict(hints))

    blue, green, red = (Hint.of_color(*SLEEVE, color) for color in ("#2040c0", "#209040", "#c03020"))
    three = [Hint.of_color(x, y, "#2040c0") for x, y in (SLEEVE, SUIT, (400, 440))]
    variants = [colorizer.pixels(portrait, chroma=field) for field in session.variants(4, seed=1)]
    sheet([[told(blue), told(green), told(red), told(*three)], variants]).save(folder / "hints.jpg", quality=88)


if __name__ == "__main__":
    main()
