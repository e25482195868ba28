"""From what a network says to the ab that the product shows: the last, fixed step, exported with the network."""

from __future__ import annotations

import torch
from pydantic import Field
from torch import Tensor, nn

from colorizing_things.lab.color.ab_bins import ab_bins
from colorizing_things.lab.config.settings import Count, Positive, Settings, Share
from colorizing_things.lab.decoding.coherence import coherent
from colorizing_things.lab.decoding.settings import SIZE
from colorizing_things.lab.objectives.classification import annealed_mean


class Decoding(Settings):
    """How the classes and the regression become one colour; chosen on dev, never on val."""

    classes: Share = Field(default=0.5, description="the classes' share; the rest is the regression's")
    temperature: Positive = Field(
        default=0.38, description="of the annealed mean over the classes (Zhang et al. 2016, eq. 5)"
    )
    logit_adjustment: Share = Field(
        default=0.0,
        description="how much of the class rebalancing is taken back before that: log weights subtracted (Menon et "
        "al. 2021)",
    )
    coherent: bool = Field(default=False, description="whether places that show the same thing agree before that")
    chroma: Positive = Field(default=1.0, description="factor on the result's chroma")
    size: Count = Field(default=128, description=SIZE)
    confidence_scale: float = Field(
        default=1.0, description="of the confidence's logit in its calibration (Platt 1999)"
    )
    confidence_bias: float = Field(default=0.0, description="added to the scaled logit")


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
        regression, logits = (
            answer.ab,
            answer.logits.float() - self.decoding.logit_adjustment * self.log_weight[:, None, None],
        )
        if self.decoding.coherent:
            agreed = coherent(torch.cat([regression, logits], dim=1), answer.features, L)
            regression, logits = agreed[:, :2], agreed[:, 2:]
        classes = annealed_mean(logits, self.bins, self.decoding.temperature)
        ab = torch.lerp(regression, classes, self.decoding.classes) * self.decoding.chroma
        confidence = self.decoding.confidence_scale * answer.confidence_logits.float() + self.decoding.confidence_bias
        return ab, logits, torch.sigmoid(confidence), answer.features.float()
