"""Look at a picture once, ask what colours a place may have, then say which it has."""

from pathlib import Path

from PIL import Image
from skimage import data

from colorizing_things import Colorizer, Hint, OutputOptions

Image.fromarray(data.coffee()).convert("L").save("cup.png")

colorizer = Colorizer()
session = colorizer.session("cup.png")  # the network sees it once
for swatch in session.palette(300, 200):
    print(swatch)

red_cup = session.predict([Hint.of_color(300, 200, "#a03028")])
print(colorizer.colorize_file("cup.png", Path("cup.red.png"), chroma=red_cup, output=OutputOptions(overwrite=True)))
