"""From what a network says to the ab that the product shows: the last, fixed step, exported with the network."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from colorizing_things.color.gamut import ab_bins
from colorizing_things.errors import SettingError

from .objectives.classification import annealed_mean


@dataclass(frozen=True)
class Graph:
    """A network ready to colour, as it is exported and as sample sheets use it.

    ``module`` takes the ``inputs`` and gives the ``outputs`` in their order; names, shapes and units are those
    of the contract between the houses (``L`` [N,1,H,W] 0..100 in; ``ab`` [N,2,h,w] first out).
    """

    module: nn.Module
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    stride: int
    output_stride: int
    size: int  # shorter side in pixels at which it does best
    bins: tuple[tuple[float, float], ...] = ()
    temperature: float | None = None


@dataclass(frozen=True)
class Decoding:
    """How the classes and the regression become one colour; chosen on dev, never on val.

    Attributes:
        classes: 0..1, the classes' share; the rest is the regression's.
        temperature: of the annealed mean over the classes (Zhang et al. 2016, eq. 5).
        undo: 0..1, how much of the class rebalancing is taken back before that (log weights subtracted).
        chroma: factor on the result's chroma.
        size: shorter side in pixels at which the network does best.
    """

    classes: float = 0.5
    temperature: float = 0.38
    undo: float = 0.0
    chroma: float = 1.0
    size: int = 128

    def __post_init__(self) -> None:
        if not 0 <= self.classes <= 1 or self.temperature <= 0 or self.chroma <= 0:
            raise SettingError("decoding: classes is 0 to 1, temperature and chroma are above 0")


class Decoder(nn.Module):
    """A network with its decoding: L ``[N,1,H,W]`` -> (ab ``[N,2,h,w]``, logits, confidence in 0..1)."""

    bins: Tensor
    log_weight: Tensor

    def __init__(self, network: nn.Module, decoding: Decoding, bin_weight: Tensor) -> None:
        super().__init__()
        self.network, self.decoding = network, decoding
        self.register_buffer("bins", torch.from_numpy(ab_bins()), persistent=False)
        self.register_buffer("log_weight", bin_weight.float().log(), persistent=False)

    def forward(self, L: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Lightness 0..100 in; ab in CIELAB units out, and the logits as trained."""
        answer = self.network(L)
        unweighted = answer.logits.float() - self.decoding.undo * self.log_weight[:, None, None]
        classes = annealed_mean(unweighted, self.bins, self.decoding.temperature)
        ab = torch.lerp(answer.ab, classes, self.decoding.classes) * self.decoding.chroma
        return ab, answer.logits, torch.sigmoid(answer.confidence_logits.float())
