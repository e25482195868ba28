"""A real photograph to try things on: Chelsea the cat, by Stefan van der Walt, given to everybody (CC0)."""

from __future__ import annotations

from importlib.resources import files

import numpy as np
import numpy.typing as npt
import pyvips

NAME = "cat.jpg"


def photograph() -> npt.NDArray[np.uint8]:
    """The cat in colour: sRGB ``[300,451,3]``."""
    image = pyvips.Image.new_from_buffer((files(__name__) / NAME).read_bytes(), "")
    return np.asarray(image.numpy(), np.uint8)
