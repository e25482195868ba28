"""An array in, an array out: uint8, uint16 or float, grey or colour."""

import numpy as np

from colorizing_things import Colorizer
from colorizing_things.demonstration import photograph

gray = photograph()[..., 1]  # [300, 451] uint8
colorizer = Colorizer()  # made once, used often
colored = colorizer(gray)  # [300, 451, 3] uint8
pale = colorizer(gray / 255, saturation=0.5)  # the same type comes back: float, 0..1

print(colored.shape, colored.dtype, pale.dtype, np.round(pale.mean((0, 1)), 2))
