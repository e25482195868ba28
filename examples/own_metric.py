"""The lab: score any two pictures with the figures that steer, without the whole of ``colorize evaluate``."""

import torch

from colorizing_things import Colorizer
from colorizing_things.demonstration import photograph
from colorizing_things.lab.metrics import FAMILIES
from colorizing_things.lab.metrics.base import Pair


def tensor(rgb):
    """``[H,W,3]`` -> ``[3,H,W]``, as the metrics take pictures."""
    return torch.from_numpy(rgb.copy()).permute(2, 0, 1)


real = photograph()
ours = Colorizer()(real)  # colour is reduced to lightness first
pair = Pair(tensor(ours), tensor(real))
for name in ("p95", "stains", "colorless"):
    for key, value in FAMILIES[name].measure(pair).items():
        print(f"{key}: {value}")
