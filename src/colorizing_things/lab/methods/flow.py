"""Flow matching over a small field of ab, a refinement beside it, and a head of colour classes.

Lipman et al. 2023, Liu et al. 2023. Between noise (time 0) and the true colours of a picture (time 1) lies a straight
way; from any place on it the network learns to say where the way ends. Loss: the mean square of that, weighted by
``1 / (1 - t)^2``, which makes it the error of the velocity, up to a limit.
"""

from __future__ import annotations

from typing import Any, ClassVar, NamedTuple, cast

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from colorizing_things.lab.color.ab_bins import ab_bins
from colorizing_things.lab.config.settings import Positive, Settings, Share, Weight
from colorizing_things.lab.data.batches import BatchMaker
from colorizing_things.lab.data.chance import Chance
from colorizing_things.lab.data.crops import CropBatches, Crops, cut
from colorizing_things.lab.data.film import on_film
from colorizing_things.lab.data.gray_cards import gray_cards
from colorizing_things.lab.data.planes import to_lab
from colorizing_things.lab.data.recoloring import recolor
from colorizing_things.lab.data.simulated_hints import simulate_known_places
from colorizing_things.lab.decoding.flow import FlowDecoding, flow_graphs, whole_graph
from colorizing_things.lab.decoding.graph import Graph
from colorizing_things.lab.networks.flow import AB_SCALE, FIELD_STRIDE, OUTPUT_STRIDE, Flow

from .base import Method, Rates


class Pictures(NamedTuple):
    """A batch as the flow learns from it.

    Attributes:
        L: as film kept it, 0..100, ``[N,1,H,W]``.
        ab: true colours, or those of a wilful user, ab / 20, ``[N,2,H/2,W/2]``.
        field: the same at stride 8.
        known, mask: colours that are given (:func:`.simulate_known_places`), ab / 20, stride 8.
    """

    L: Tensor
    ab: Tensor
    field: Tensor
    known: Tensor
    mask: Tensor


class FlowMatching(Method):
    """The network learns where the way from noise to colours ends."""

    networks: ClassVar[tuple[str, ...]] = ("flow",)
    decoding: ClassVar[type[Settings]] = FlowDecoding
    batches: ClassVar[type[BatchMaker[Any]]] = CropBatches
    betas: ClassVar[tuple[float, float]] = (0.9, 0.98)

    hinted: float
    wilful: float
    cards: float

    @classmethod
    def default_rates(cls, settings: dict[str, Any]) -> Rates:
        """The pretrained encoder at a tenth of the rate."""
        return Rates(1e-3, 1e-4)

    def prepare(
        self, hinted: Share = 0.45, wilful: Share = 0.17, cards: Share = 0.01, dropped: Share = 0.1,
        beginning: Share = 0.12, time_mean: float = -0.8, time_spread: Positive = 1.2, most_weight: Positive = 6.0,
        refinement: Weight = 1.0, classes: Weight = 0.04, positions: Share = 0.15,
    ) -> None:  # fmt: skip
        """What is shown, and what the terms of the loss weigh.

        Args:
            hinted: share of the pictures that come with known places.
            wilful: share of the pictures in which a segment is recolored, its known places with it.
            cards: share of flat grey cards.
            dropped: share of the pictures that the denoiser is not shown, for guidance.
            beginning: share of the times that are 0, from where the mean is learnt.
            time_mean: of the logit of the other times, which are logit-normal (Esser et al. 2024).
            time_spread: standard deviation of that logit.
            most_weight: limit of the loss's weight 1 / (1 - t)^2.
            refinement: weight of the refined colours' mean absolute error, beside the flow's mean square.
            classes: weight of the classes' cross entropy.
            positions: share of the places that are classified in each step.
        """
        self.hinted, self.wilful, self.cards = hinted, wilful, cards
        self.dropped, self.beginning = dropped, beginning
        self.time_mean, self.time_spread, self.most_weight = time_mean, time_spread, most_weight
        self.refinement, self.classes, self.positions = refinement, classes, positions
        self.bins = torch.from_numpy(ab_bins()).to(self.fabric.device)
        cast(Flow, self.network.module).belonging.requires_grad_(False)  # a stage of its own teaches that

    @torch.no_grad()
    def pictures(self, crops: Crops) -> Pictures:
        """Cut a batch, see it on film, recolor some of it, and give some of its colours away."""
        rgb, chance = cut(crops), Chance(len(crops.pixels), crops.pixels.device)
        card = chance.often(self.cards)
        rgb = torch.where(card, gray_cards(crops.height, crops.width, chance), rgb)
        L, ab = to_lab(rgb, OUTPUT_STRIDE)
        ab = torch.where(card, 0.0, ab)
        ab, segment = self._recolored(ab, F.avg_pool2d(L, OUTPUT_STRIDE), card)
        field = F.avg_pool2d(ab, FIELD_STRIDE // OUTPUT_STRIDE)
        known, mask = simulate_known_places(field, segment, self.hinted, chance)
        seen = on_film(rgb, crops.plates, self.stage.data.degraded, chance)
        return Pictures(seen, ab / AB_SCALE, field / AB_SCALE, known / AB_SCALE, mask)

    def _recolored(self, ab: Tensor, L: Tensor, card: Tensor) -> tuple[Tensor, Tensor]:
        """The first pictures of the batch, which are as random as any, with a segment in another colour."""
        count = round(self.wilful * len(ab))
        segment = F.avg_pool2d(torch.zeros_like(L), FIELD_STRIDE // OUTPUT_STRIDE)
        if not count:
            return ab, segment
        found = recolor(ab[:count], L[:count], Chance(count, ab.device))
        ab = torch.cat([torch.where(card[:count], 0.0, found.ab), ab[count:]])
        segment[:count] = torch.where(card[:count], 0.0, found.segment)
        return ab, segment

    def step(self, batch: Crops) -> dict[str, Tensor]:
        """One step of the whole network."""
        seen = self.pictures(batch)
        chance = Chance(len(seen.L), seen.L.device)
        t = self._times(chance)
        noise = torch.randn_like(seen.field)
        dropped = chance.often(self.dropped).flatten()
        x = torch.lerp(noise, seen.field, t)
        answer = self.network(seen.L, x, t.flatten(), seen.known, seen.mask, dropped)
        square = (answer.end.float() - seen.field).square().mean((1, 2, 3))
        flow = (square * (1 - t.flatten()).pow(-2).clamp_max(self.most_weight)).mean()
        fine = (answer.ab.float() - seen.ab).abs().mean((1, 2, 3))
        # The end that the refinement gets is of use in as much as the picture is told: little at first.
        refined = (fine * t.flatten() ** 1.5 * ~dropped).mean()
        classes = self._classification(answer.logits, seen.field)
        self.optimize("network", flow + self.refinement * refined + self.classes * classes)
        return {"flow": flow.detach(), "refinement": refined.detach(), "classes": classes.detach()}

    def _times(self, chance: Chance) -> Tensor:
        """When on the way each picture is asked about: ``[N,1,1,1]``, 0 to 1."""
        drawn = torch.sigmoid(self.time_mean + chance.normal(self.time_spread))
        return torch.where(chance.often(self.beginning), 0.0, drawn)

    def _classification(self, logits: Tensor, field: Tensor) -> Tensor:
        """Cross entropy of the nearest bins at some of the places."""
        chosen = torch.rand_like(field[:, 0]) < self.positions
        true = field.permute(0, 2, 3, 1)[chosen] * AB_SCALE
        if not len(true):
            return logits.sum() * 0
        said = logits.permute(0, 2, 3, 1)[chosen].float()
        return F.cross_entropy(said, torch.cdist(true, self.bins).argmin(1))

    @classmethod
    def graph(
        cls, network: nn.Module, prior: npt.NDArray[np.float64], settings: dict[str, Any], decoding: dict[str, Any]
    ) -> Graph:
        """Encoder and decoder in one."""
        return whole_graph(cast(Flow, network), cls.decoding_settings(decoding))

    @classmethod
    def graphs(
        cls, network: nn.Module, prior: npt.NDArray[np.float64], settings: dict[str, Any], decoding: dict[str, Any]
    ) -> dict[str, Graph]:
        """The encoder, which sees a picture once, and the decoder."""
        return flow_graphs(cast(Flow, network), cls.decoding_settings(decoding))
