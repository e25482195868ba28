"""A network with a latent code as something that colours, once or in many ways."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from colorizing_things.lab.config.recipe import OUTPUT_STRIDE
from colorizing_things.lab.decoding.graph import Graph


class LatentColorizer(nn.Module):
    """L and a code -> ab, with the places in the code's space where the likely answers lie.

    ``z`` is counted from the likeliest answer and in deviations of its component: zeros give the best single
    colouring, ``modes[:, i]`` the i-th likeliest, and ``modes[:, i]`` + N(0, I) a draw around that one. So no
    caller needs to know the mixture.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, L: Tensor, z: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Colour.

        Args:
            L: lightness ``[N,1,H,W]`` in 0..100, multiples of 4.
            z: ``[N,d]``.

        Returns:
            ab ``[N,2,H/4,W/4]`` in CIELAB units; the modes' weights ``[N,M]``, falling, their sum 1; the modes
            ``[N,M,d]``, the first of them zero.
        """
        weight, means, deviation = self.network.modes(L)  # type: ignore[operator]
        best = means[:, 0]
        field = self.network.decode(best + deviation * z, L)  # type: ignore[operator]
        size = (L.shape[2] // OUTPUT_STRIDE, L.shape[3] // OUTPUT_STRIDE)
        ab = F.interpolate(field, size=size, mode="bilinear", align_corners=False)
        return ab, weight, (means - best[:, None]) / deviation


def mixture_graph(network: nn.Module, size: int) -> Graph:
    """The graph of a network with ``decode``, ``modes`` and ``latent``."""
    return Graph(
        LatentColorizer(network).eval(),
        inputs=("L", "z"),
        outputs=("ab", "mode_weights", "modes"),
        stride=OUTPUT_STRIDE,
        output_stride=OUTPUT_STRIDE,
        size=size,
        latent=int(network.latent),  # type: ignore[arg-type]
    )
