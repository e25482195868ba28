"""An array in, an array out: uint8, uint16 or float, grey or colour."""

import numpy as np

from colorizing_things import Colorizer
from colorizing_things.demonstration import photograph

grey = photograph()[..., 1]  # [300, 451] uint8
colorizer = Colorizer()  # made once, used often
coloured = colorizer(grey)  # [300, 451, 3] uint8
pale = colorizer(grey / 255, saturation=0.5)  # the same type comes back: float, 0..1

print(coloured.shape, coloured.dtype, pale.dtype, np.round(pale.mean((0, 1)), 2))
