"""How often each colour occurs in the training photographs."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch

from colorizing_things.color.spaces import srgb_to_lab
from colorizing_things.lab.color.ab_bins import ab_bins
from colorizing_things.lab.objectives.classification import SoftEncoder

from .photographs import Photographs


def ab_prior(photographs: Photographs, limit: int = 20_000, seed: int = 0) -> npt.NDArray[np.float64]:
    """Share of each ab bin among the pictures' pixels, ``[313]``, not smoothed (section 2.2).

    Every fourth pixel in both directions is counted, as in the released code; at most ``limit`` pictures.
    """
    rng = np.random.default_rng(seed)
    indices = rng.permutation(len(photographs))[:limit]
    count = np.zeros(len(ab_bins()))
    encoder = SoftEncoder(neighbors=4)
    for start in range(0, len(indices), 64):
        pixels = np.concatenate([photographs[int(i)][::4, ::4].reshape(-1, 3) for i in indices[start : start + 64]])
        ab = torch.from_numpy(srgb_to_lab(pixels / 255.0)[:, 1:].astype(np.float32))
        count += np.bincount(encoder(ab).indices[:, 0].numpy(), minlength=len(count))
    prior: npt.NDArray[np.float64] = count / count.sum()
    return prior
