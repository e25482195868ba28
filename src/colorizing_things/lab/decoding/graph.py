"""What a method hands to export and to sample sheets: a network ready to color, with what its card must say."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor, nn

from colorizing_things.lab.networks.normalization import without_spectral_norms
from colorizing_things.model.seen import NOISE_CHANNELS


@dataclass(frozen=True)
class Graph:
    """A network ready to colour, as it is exported and as sample sheets use it.

    ``module`` takes the ``inputs`` and gives the ``outputs`` in their order; names, shapes and units are those
    of the contract between the houses (``L`` [N,1,H,W] 0..100 in, ``z`` [N,d] too where it says so; ``ab``
    [N,2,h,w] first out).
    """

    module: nn.Module
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    stride: int
    output_stride: int
    size: int  # shorter side in pixels at which it does best
    bins: tuple[tuple[float, float], ...] = ()
    temperature: float | None = None
    fixed_size: int | None = None  # px: the network takes squares of this side only
    latent: int | None = None  # length of the input ``z``, where that is a latent code
    noise_stride: int | None = None  # px a cell of the input ``z``, where that is noise
    mood: float = 0.0  # what noise is multiplied by where the user says nothing
    encoder: Graph | None = None  # whose outputs it takes beside the contract's inputs
    reference_features: str | None = None  # the encoder's output that a reference is compared by
    affinity: tuple[str, ...] = ()  # the encoder's outputs that say what belongs together: keys and queries

    def zeros(self, L: Tensor) -> dict[str, Tensor]:
        """The input ``z`` of the likeliest (or mean) colours of ``L`` ``[N,1,H,W]``, where there is one."""
        if self.noise_stride:
            sides = [-(-side // self.noise_stride) for side in L.shape[2:]]
            return {"z": L.new_zeros(len(L), NOISE_CHANNELS, *sides)}
        return {"z": L.new_zeros(len(L), self.latent)} if self.latent else {}


class ScaledChroma(nn.Module):
    """A network that answers with ab, its chroma scaled: L (and z) -> (ab,)."""

    def __init__(self, network: nn.Module, chroma: float) -> None:
        super().__init__()
        self.network, self.chroma = network, chroma

    def forward(self, L: Tensor, z: Tensor | None = None) -> tuple[Tensor]:
        """Lightness 0..100, and ``z`` where the network takes one -> ab in CIELAB units."""
        return ((self.network(L) if z is None else self.network(L, z)) * self.chroma,)


def latent_graph(network: nn.Module, chroma: float = 1.0, size: int = 128, draws: bool = False) -> Graph:
    """The graph of a network whose ``forward(L)`` or ``forward(L, z)`` is ab.

    Args:
        network: trained.
        chroma: factor on the result's chroma.
        size: shorter side in pixels at which the network does best; one of a fixed size keeps to that.
        draws: give the graph an input ``z`` (a draw from N(0, I), zeros for the likeliest colours).
    """
    latent, fixed = getattr(network, "latent", None), getattr(network, "fixed_size", None)
    return Graph(
        ScaledChroma(without_spectral_norms(network), chroma).eval(),
        inputs=("L", "z") if draws else ("L",),
        outputs=("ab",),
        stride=fixed or int(network.stride),  # type: ignore[arg-type]
        output_stride=int(network.output_stride),  # type: ignore[arg-type]
        size=fixed or size,
        fixed_size=fixed,
        latent=latent if draws else None,
    )
