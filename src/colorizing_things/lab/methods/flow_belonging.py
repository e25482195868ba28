"""Things told apart: from any place in a thing, a flow that stays as it is learns to foretell the whole of it.

What a thing is, outlines say where there are any (:mod:`.outlined`); of other photographs, colours do: what hangs
together in one colour is one thing (:func:`.flood_fill`).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, cast

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from colorizing_things.lab.config.settings import Count, Share
from colorizing_things.lab.data.chance import Chance
from colorizing_things.lab.data.crops import Crops, cut
from colorizing_things.lab.data.film import on_film
from colorizing_things.lab.data.outlined import OutlinedBatch, OutlinedPictures
from colorizing_things.lab.data.planes import to_lab
from colorizing_things.lab.data.recoloring import flood_fill
from colorizing_things.lab.networks.belonging import logits
from colorizing_things.lab.networks.flow import FIELD_STRIDE, Flow

from .base import Rates
from .flow import FlowMatching

FLOOD_STRIDE = 4  # px a cell in which the flood runs
APART = 1000.0  # ab units between two regions: no flood crosses that
LEAST_POSITIVE = 0.03  # share of a segment: smaller ones do not weigh more than that one does


class Places(NamedTuple):
    """One question a picture.

    Attributes:
        number: of the place that is asked about, row by row at :data:`FLOOD_STRIDE`, int ``[N]``.
        segment: what belongs to the thing there, 0 or 1, ``[N,1,h,w]`` at that stride.
    """

    number: Tensor
    segment: Tensor


class FlowBelonging(FlowMatching):
    """The rest of the network is frozen."""

    @classmethod
    def default_rates(cls, settings: dict[str, Any]) -> Rates:
        """Of a small head on features that stay."""
        return Rates(2e-3, 0.0)

    def prepare(  # type: ignore[override]
        self, places: Count = 6, smallest: Share = 0.01, largest: Share = 0.6, outlined: str = "", share: Share = 0.75,
    ) -> None:  # fmt: skip
        """What is asked.

        Args:
            places: asked about in each picture.
            smallest: share of the picture that a thing must have to be learnt from.
            largest: the same, at most.
            outlined: folder of photographs with outlines (:class:`.OutlinedPictures`), or empty.
            share: of the batches that are drawn from there.
        """
        self.places, self.smallest, self.largest = places, smallest, largest
        self.outlined = OutlinedPictures(Path(outlined)) if outlined else None
        self.share = share if outlined else 0.0
        for name, parameter in self._flow.named_parameters():
            parameter.requires_grad_(name.startswith("belonging."))
        self._flow.condition.norms.eval()

    @property
    def _flow(self) -> Flow:
        return cast(Flow, self.network.module)

    def step(self, batch: Crops) -> dict[str, Tensor]:
        """One step of the head."""
        chance = Chance(len(batch.pixels), batch.pixels.device)
        outlined = self._outlined(batch) if float(chance.uniform(shape=())[0]) < self.share else None
        rgb = cut(batch) if outlined is None else outlined.rgb
        with torch.no_grad(), self.fabric.autocast():
            seen = self._flow.see(on_film(rgb, batch.plates, self.stage.data.degraded, chance))
        keys, queries = self._flow.belonging(seen.tokens.float(), seen.fine.float())
        questions = self._by_color(rgb) if outlined is None else self._by_outline(outlined.regions)
        parts = [self._loss(keys, queries, next(questions)) for _ in range(self.places)]
        losses = torch.cat(parts)
        loss = losses.mean() if len(losses) else (keys.sum() + queries.sum()) * 0
        self.optimize("network", loss)
        return {"belonging": loss.detach()}

    def _outlined(self, batch: Crops) -> OutlinedBatch:
        """As many pictures with outlines, of the same shape."""
        assert self.outlined is not None
        rng = np.random.default_rng([self.stage.seed, self.step_number])
        drawn = self.outlined.draw(len(batch.pixels), batch.height, batch.width, rng)
        return OutlinedBatch(*(field.to(self.fabric.device) for field in drawn))

    def _by_color(self, rgb: Tensor) -> Iterator[Places]:
        """Things of one colour."""
        L, ab = to_lab(rgb, FLOOD_STRIDE)
        L = F.avg_pool2d(L, FLOOD_STRIDE)
        while True:
            chance = Chance(len(L), L.device)
            place = chance.place(*L.shape[-2:])
            yield Places(place, flood_fill(ab, L, place, chance))

    def _by_outline(self, regions: Tensor) -> Iterator[Places]:
        """Things that have an outline, each of what hangs together in its region; nothing of places without one."""
        numbers = regions[:, :, FLOOD_STRIDE // 2 :: FLOOD_STRIDE, FLOOD_STRIDE // 2 :: FLOOD_STRIDE]
        apart = torch.cat([numbers * APART, torch.zeros_like(numbers)], 1)
        while True:
            chance = Chance(len(numbers), numbers.device)
            place = (numbers.flatten(1) > 0).float().add(1e-9).multinomial(1, generator=chance.generator)[:, 0]
            named = numbers.flatten(1).gather(1, place[:, None]).view(-1, 1, 1, 1) > 0
            yield Places(place, flood_fill(apart, torch.zeros_like(numbers), place, chance) * named)

    def _loss(self, keys: Tensor, queries: Tensor, asked: Places) -> Tensor:
        """Of each picture whose thing is of a fit size: balanced cross entropy and Dice."""
        times, width = FIELD_STRIDE // FLOOD_STRIDE, asked.segment.shape[3]
        segment = F.avg_pool2d(asked.segment, times)
        row, column = asked.number // width // times, asked.number % width // times
        said = logits(keys, queries, row * keys.shape[3] + column)
        share = segment.mean((1, 2, 3), keepdim=True)
        weight = segment / (2 * share.clamp(LEAST_POSITIVE, 0.5)) + 1 - segment
        entropy = F.binary_cross_entropy_with_logits(said, segment, weight, reduction="none").mean((1, 2, 3))
        chances = said.sigmoid()
        both, either = (chances * segment).sum((1, 2, 3)), (chances + segment).sum((1, 2, 3))
        dice = 1 - (2 * both + 1) / (either + 1)
        fit = (share.flatten() > self.smallest) & (share.flatten() < self.largest)
        return (entropy + dice)[fit]
