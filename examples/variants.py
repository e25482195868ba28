"""Several colourings of one picture; the one that you choose at full size."""

from PIL import Image
from skimage import data

from colorizing_things import Colorizer, OutputOptions

Image.fromarray(data.rocket()).convert("L").save("rocket.jpg", quality=92)

colorizer = Colorizer()
session = colorizer.session("rocket.jpg")
fields = session.variants(4, seed=1)  # small fields of colour: quick to show, quick to throw away
for number, field in enumerate(fields, 1):
    print(f"{number}: mean chroma {(field.ab**2).sum(0).mean() ** 0.5:.1f}")

print(colorizer.colorize_file("rocket.jpg", "rocket.3.jpg", chroma=fields[2], output=OutputOptions(overwrite=True)))
