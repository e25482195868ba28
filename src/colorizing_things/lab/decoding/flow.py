"""A flow's network as what is exported: an encoder that sees a picture once, and a decoder that draws its colours."""

from __future__ import annotations

from typing import Annotated

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor, nn

from colorizing_things.lab.color.ab_bins import ab_bins
from colorizing_things.lab.config.settings import Count, Positive, Share
from colorizing_things.lab.networks.flow import (
    AB_SCALE,
    FIELD_STRIDE,
    OUTPUT_STRIDE,
    STRIDE,
    Flow,
    Seen,
    draw,
    known_places,
)

from .graph import Graph
from .settings import SIZE, SizedDecoding
from .toning import Toning

RADIUS = 10.0  # ab units: confidence is the chance that the error is smaller
SOFTNESS = 30.0  # ab units squared: how gradually a bin at that radius counts; its cells are 10 units wide
FEATURES = ("tokens", "fine", "detail", "logits")  # what the decoder is given
SHOWN = "shown"  # what a reference is compared by, stride 16
AFFINITY = ("keys", "queries")  # what tells things apart, stride 8
# How far on the way to a mean of 3 x 3 px a picture is seen. The photographs that it learns from are kept small and
# enlarged, so they are soft; a scan brought down is sharp and full of grain, and left faces grey (docs/experiments.md).
SOFTENED = 0.35

BelowOne = Annotated[float, Field(ge=0, lt=1)]
Times = Annotated[tuple[Annotated[float, Field(ge=0, lt=1)], ...], Field(min_length=1)]


class FlowDecoding(SizedDecoding):
    """Of flows: how a picture's colours are drawn."""

    size: Count = Field(default=224, description=SIZE)
    times: Times = Field(
        default=(0.0, 0.3),
        description="when on the way from noise (0) to colours (1) the network is asked; its last answer is shown",
    )
    guidance: Positive = Field(
        default=1.0, description="how far each answer is pushed away from the one given unseen; 1 costs nothing"
    )
    chroma: Positive = Field(default=1.0, description="factor on the result's chroma; hints come out as they are given")
    violet: BelowOne = Field(
        default=0.0, description="share of a taken back where the result is a moderate violet; hints come out as given"
    )
    orange: BelowOne = Field(default=0.0, description="share of a moderate orange taken back, likewise")
    mood: Share = Field(
        default=0.0, description="what noise is multiplied by where the user says nothing: 0 the mean, 1 a full draw"
    )
    confidence_temperature: Positive = Field(
        default=1.0, description="of the classes, where the chance of an ab error under 10 is read off them"
    )


def softened(L: Tensor) -> Tensor:
    """Lightness ``[N,1,H,W]`` as the network sees it in the product."""
    return torch.lerp(L, F.avg_pool2d(L, 3, stride=1, padding=1, count_include_pad=False), SOFTENED)


def toning_of(decoding: FlowDecoding) -> Toning:
    """Of what the network means, what is shown."""
    return Toning(decoding.chroma, decoding.violet, decoding.orange)


class EncoderGraph(nn.Module):
    """The encoder: L -> :data:`FEATURES`, :data:`SHOWN` and :data:`AFFINITY`.

    Its ``logits`` are logarithms of calibrated probabilities, so that the decoder need not add them up each time.
    """

    def __init__(self, network: Flow, temperature: float) -> None:
        super().__init__()
        self.encoder, self.condition, self.temperature = network.encoder, network.condition, temperature
        self.belonging = network.belonging

    def forward(self, L: Tensor) -> tuple[Tensor, ...]:
        """L* ``[N,1,H,W]``, 0..100."""
        soft = softened(L)
        features = self.encoder(soft)
        tokens, fine, detail, logits = self.condition(soft, features)
        calibrated = torch.log_softmax(logits / self.temperature, 1)
        return tokens, fine, detail, calibrated, features[2], *self.belonging(tokens, fine)


class DecoderGraph(nn.Module):
    """The decoder: features, hints and noise -> ab at stride 2, and the chance that it is right."""

    def __init__(self, network: Flow, decoding: FlowDecoding) -> None:
        super().__init__()
        self.denoiser, self.refinement = network.denoiser, network.refinement
        self.times, self.guidance, self.toning = decoding.times, decoding.guidance, toning_of(decoding)
        self.confidence = Confidence()

    def forward(
        self, tokens: Tensor, fine: Tensor, detail: Tensor, logits: Tensor, hint_ab: Tensor, hint_mask: Tensor,
        z: Tensor,
    ) -> tuple[Tensor, Tensor]:  # fmt: skip
        """See :class:`.networks.flow.Seen` and CONTRIBUTING.md for the shapes."""
        known, mask = known_places(self.toning.undone(hint_ab), hint_mask)
        end = draw(self.denoiser, Seen(tokens, fine, detail, logits), z, known, mask, self.times, self.guidance)
        end = end * (1 - mask) + known  # a sure hint comes out as it was given
        ab = self.toning(self.refinement(end, detail) * AB_SCALE)
        sure = torch.maximum(self.confidence(self.toning(end * AB_SCALE), logits), mask)
        times = float(FIELD_STRIDE // OUTPUT_STRIDE)
        return ab, F.interpolate(sure, scale_factor=times, mode="bilinear", align_corners=False)


class Confidence(nn.Module):
    """The probability, by the colour classes, that colours are within :data:`RADIUS` of the true ones."""

    centers: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("centers", torch.from_numpy(ab_bins()), persistent=False)

    def forward(self, ab: Tensor, logits: Tensor) -> Tensor:
        """CIELAB ``[N,2,h,w]`` and the classes' log probabilities ``[N,Q,h,w]`` -> 0..1 ``[N,1,h,w]``."""
        across = F.conv2d(ab, self.centers[:, :, None, None])  # of each bin's centre with the colour
        squares = ab.square().sum(1, keepdim=True) + self.centers.square().sum(1)[:, None, None]
        near = torch.sigmoid((RADIUS**2 - squares + 2 * across) / SOFTNESS)
        return (logits.exp() * near).sum(1, keepdim=True)


class UnhintedGraph(nn.Module):
    """Encoder and decoder in one: L and noise -> ab, without hints."""

    def __init__(self, see: EncoderGraph, draw: DecoderGraph) -> None:
        super().__init__()
        self.see, self.draw = see, draw

    def forward(self, L: Tensor, z: Tensor) -> tuple[Tensor]:
        """L* ``[N,1,H,W]``, noise ``[N,2,H/8,W/8]`` -> (ab ``[N,2,H/2,W/2]``,)."""
        features = self.see(L)[: len(FEATURES)]
        hint_ab, hint_mask = L.new_zeros(len(L), 2, *L.shape[2:]), torch.zeros_like(L)
        return (self.draw(*features, hint_ab, hint_mask, z)[0],)


def whole_graph(network: Flow, decoding: FlowDecoding) -> Graph:
    """The network in one graph, for sheets of samples."""
    module = UnhintedGraph(
        EncoderGraph(network, decoding.confidence_temperature), DecoderGraph(network, decoding)
    ).eval()
    return Graph(module, ("L", "z"), ("ab",), STRIDE, OUTPUT_STRIDE, decoding.size, noise_stride=FIELD_STRIDE)


def flow_graphs(network: Flow, decoding: FlowDecoding) -> dict[str, Graph]:
    """The two graphs that are exported."""
    bins = tuple((float(a), float(b)) for a, b in ab_bins())
    see = EncoderGraph(network, decoding.confidence_temperature).eval()
    encoder = Graph(see, ("L",), (*FEATURES, SHOWN, *AFFINITY), STRIDE, OUTPUT_STRIDE, decoding.size)
    decoder = Graph(
        DecoderGraph(network, decoding).eval(),
        inputs=(*FEATURES, "hint_ab", "hint_mask", "z"),
        outputs=("ab", "confidence"),
        stride=STRIDE,
        output_stride=OUTPUT_STRIDE,
        size=decoding.size,
        bins=bins,
        noise_stride=FIELD_STRIDE,
        mood=decoding.mood,
        encoder=encoder,
        reference_features=SHOWN,
        affinity=AFFINITY,
    )
    return {"encoder": encoder, "decoder": decoder}
