"""Look at a picture once, ask what colours a place may have, then say which it has."""

from pathlib import Path

from PIL import Image

from colorizing_things import Colorizer, Hint, OutputOptions
from colorizing_things.demonstration import photograph

Image.fromarray(photograph()).convert("L").save("cat.png")

colorizer = Colorizer()
session = colorizer.session("cat.png")  # the network sees it once
for swatch in session.palette(225, 130):
    print(swatch)

ginger = session.predict([Hint.of_color(225, 130, "#a8642c")])
print(colorizer.colorize_file("cat.png", Path("cat.ginger.png"), chroma=ginger, output=OutputOptions(overwrite=True)))
