"""Several colourings of one picture; the one that you choose at full size."""

from PIL import Image

from colorizing_things import Colorizer, OutputOptions
from colorizing_things.demonstration import photograph

Image.fromarray(photograph()).convert("L").save("cat.jpg", quality=92)

colorizer = Colorizer()
session = colorizer.session("cat.jpg")
fields = session.variants(4, seed=1)  # small fields of colour: quick to show, quick to throw away
for number, field in enumerate(fields, 1):
    print(f"{number}: mean chroma {(field.ab**2).sum(0).mean() ** 0.5:.1f}")

print(colorizer.colorize_file("cat.jpg", "cat.3.jpg", chroma=fields[2], output=OutputOptions(overwrite=True)))
