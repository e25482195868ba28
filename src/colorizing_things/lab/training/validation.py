"""How far a network's colours are from the real ones, on a few dev pictures, while it trains."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from colorizing_things.lab.data.photographs import Photographs
from colorizing_things.lab.data.planes import to_lab
from colorizing_things.lab.decoding.graph import Graph
from colorizing_things.lab.decoding.sheets import predict

MEASURED = 64  # pictures


@torch.no_grad()
def color_errors(graph: Graph, pictures: Photographs) -> dict[str, float]:
    """Mean and 95th percentile of the distance in ab, in CIELAB units, over the places of at most 64 pictures.

    A network that answers grey is not bad by these, so they say whether a run goes well, not which of two is better.
    """
    indices = np.random.default_rng(0).permutation(len(pictures))[:MEASURED]
    distances = torch.cat([_distances(graph, pictures[int(i)]) for i in indices])
    return {
        "dev_ab_error": distances.mean().item(),
        "dev_ab_error_p95": np.percentile(distances.numpy(), 95).item(),
    }


def _distances(graph: Graph, pixels: np.ndarray) -> Tensor:
    """Of one picture: ``[places]``."""
    L, predicted = predict(graph, pixels)
    height, width = (int(n) for n in L.shape[-2:])
    rgb = torch.from_numpy(pixels[:height, :width].copy()).permute(2, 0, 1)[None]
    rgb = torch.nn.functional.pad(rgb.float() / 255, (0, width - rgb.shape[3], 0, height - rgb.shape[2]), "replicate")
    _, real = to_lab(rgb, height // int(predicted.shape[-2]))
    return (predicted - real).square().sum(1).sqrt().flatten()
