"""Where heads, arms, hands and legs are in photographs: a file beside them, that ``benchmarks/limbs.py`` makes.

Skin is a small part of a picture, and a network that is unsure of it leaves it grey. To let it weigh more it has to be
found, and a finder of faces alone finds few: people stand back, turn away, and have hands.
"""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

from colorizing_things.errors import TrainingError

from .photographs import Photographs

CELLS = 48  # rows and columns of a picture's map, whatever its shape


class Limbs:
    """Maps by photograph, known by the checksum of its pixels: so a file is of pictures kept at one size.

    Raises:
        TrainingError: no such file.
    """

    def __init__(self, file: Path) -> None:
        try:
            with np.load(file) as saved:
                self._rows = {int(key): row for row, key in enumerate(saved["keys"])}
                self._maps: npt.NDArray[np.uint8] = saved["maps"]
        except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
            raise TrainingError(f"limbs {file}: is no file that benchmarks/limbs.py made: {error}") from error

    def known(self, photographs: Photographs) -> int:
        """Of how many of the photographs there is a map."""
        return sum(int(key) in self._rows for key in photographs.checksums)

    def planes(self, photographs: Photographs, indices: npt.NDArray[np.integer], side: int) -> Tensor:
        """How sure it is that somebody's limb is there, 0..1 ``[N,1,side,side]``: pictures in the upper left."""
        planes = torch.zeros(len(indices), 1, side, side)
        for plane, index in zip(planes, indices.tolist(), strict=True):
            row = self._rows.get(int(photographs.checksums[index]))
            if row is not None:
                height, width = photographs.shapes[index].tolist()
                found = torch.from_numpy(self._maps[row].astype(np.float32) / 255)[None, None]
                plane[:, :height, :width] = F.interpolate(found, (height, width), mode="bilinear")[0]
        return planes
