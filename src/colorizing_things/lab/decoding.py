"""From what a network says to the ab that the product shows: the last, fixed step, exported with the network."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from colorizing_things.errors import SettingError

from .ab_bins import ab_bins
from .coherence import coherent
from .networks.normalisation import without_spectral_norms
from .objectives.classification import annealed_mean


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
    latent: int | None = None  # length of the input ``z``, where it takes one


@dataclass(frozen=True)
class Decoding:
    """How the classes and the regression become one colour; chosen on dev, never on val.

    Attributes:
        classes: 0..1, the classes' share; the rest is the regression's.
        temperature: of the annealed mean over the classes (Zhang et al. 2016, eq. 5).
        undo: 0..1, how much of the class rebalancing is taken back before that (log weights subtracted).
        coherent: whether places that show the same thing agree before that (:func:`.coherent`).
        chroma: factor on the result's chroma.
        size: shorter side in pixels at which the network does best.
        sharpness, doubt: calibrate the confidence for this decoding: sigmoid(sharpness x logit - doubt) (Platt 1999).
    """

    classes: float = 0.5
    temperature: float = 0.38
    undo: float = 0.0
    coherent: bool = False
    chroma: float = 1.0
    size: int = 128
    sharpness: float = 1.0
    doubt: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.classes <= 1 or self.temperature <= 0 or self.chroma <= 0:
            raise SettingError("decoding: classes is 0 to 1, temperature and chroma are above 0")


class Decoder(nn.Module):
    """A network with its decoding: L ``[N,1,H,W]`` and hints -> ab ``[N,2,h,w]``, and what else can be asked for."""

    bins: Tensor
    log_weight: Tensor

    def __init__(self, network: nn.Module, decoding: Decoding, bin_weight: Tensor) -> None:
        super().__init__()
        self.network, self.decoding = network, decoding
        self.register_buffer("bins", torch.from_numpy(ab_bins()), persistent=False)
        self.register_buffer("log_weight", bin_weight.float().log(), persistent=False)

    def forward(
        self, L: Tensor, hint_ab: Tensor | None = None, hint_mask: Tensor | None = None
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Colour.

        What scales the colours behind the network scales the hints back before it: a hint comes out as it is.

        Args:
            L: lightness 0..100.
            hint_ab: CIELAB units.
            hint_mask: 0..1.

        Returns:
            ab in CIELAB units; the logits whose annealed mean is in it; the confidence in 0..1; the features.
        """
        answer = self.network(L, None if hint_ab is None else hint_ab / self.decoding.chroma, hint_mask)
        regression, logits = answer.ab, answer.logits.float() - self.decoding.undo * self.log_weight[:, None, None]
        if self.decoding.coherent:
            agreed = coherent(torch.cat([regression, logits], dim=1), answer.features, L)
            regression, logits = agreed[:, :2], agreed[:, 2:]
        classes = annealed_mean(logits, self.bins, self.decoding.temperature)
        ab = torch.lerp(regression, classes, self.decoding.classes) * self.decoding.chroma
        sure = self.decoding.sharpness * answer.confidence_logits.float() - self.decoding.doubt
        return ab, logits, torch.sigmoid(sure), answer.features.float()


class Drawn(nn.Module):
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
        Drawn(without_spectral_norms(network), chroma).eval(),
        inputs=("L", "z") if draws else ("L",),
        outputs=("ab",),
        stride=fixed or int(network.stride),  # type: ignore[arg-type]
        output_stride=int(network.output_stride),  # type: ignore[arg-type]
        size=fixed or size,
        fixed_size=fixed,
        latent=latent if draws else None,
    )
