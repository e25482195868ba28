"""A trained flow that draws in few runs learns the colours of somebody's own photographs.

What it sees of a picture stays as it was; where it ends is moved. From mood 0, which is what a user is shown, it learns
the true colours by mean square and the refined ones by mean absolute error. From noise it learns to differ from its new
mean as it differed from the old one, so that variants stay as far apart as they were.
"""

from __future__ import annotations

import copy
from typing import Any, cast

import torch
from torch import Tensor

from colorizing_things.lab.config.settings import Share, Weight
from colorizing_things.lab.data.chance import Chance
from colorizing_things.lab.data.crops import Crops
from colorizing_things.lab.decoding.flow import Times, softened
from colorizing_things.lab.networks.flow import Flow, Seen, draw
from colorizing_things.lab.networks.recovery import NOT_EXPORTED

from .base import Rates
from .flow import FlowMatching

LEARN = ("denoiser.", "refinement.")  # the encoder and what is kept of a picture do not


class FlowFinetuning(FlowMatching):
    """Begins with what ``--start`` gives, of which a copy says how variants differ."""

    needs_start = True
    times: Times

    @classmethod
    def default_rates(cls, settings: dict[str, Any]) -> Rates:
        """Low: hundreds of steps on hundreds of pictures."""
        return Rates(1e-4, 0.0)

    def prepare(  # type: ignore[override]
        self, hinted: Share = 0.45, wilful: Share = 0.17, cards: Share = 0.01, variants: Share = 0.25,
        refinement: Weight = 1.0, times: Times = (0.0, 0.3),
    ) -> None:  # fmt: skip
        """What is shown, and what is asked.

        Args:
            hinted: share of the pictures that come with known places.
            wilful: share of the pictures in which a segment is recolored, its known places with it.
            cards: share of flat grey cards.
            variants: share of the pictures from which it learns what draws are to be like.
            refinement: weight of the refined colours' mean absolute error, beside the field's mean square.
            times: when on the way the network is asked, as it is when it colours.
        """
        self.hinted, self.wilful, self.cards, self.variants = hinted, wilful, cards, variants
        self.refinement, self.times = refinement, times
        self.learn(LEARN)

    def learn(self, parts: tuple[str, ...]) -> None:
        """Let what is exported of the parts whose names begin so learn, and keep a copy of what it began with."""
        self.teachers = {"start": copy.deepcopy(self.tuned).eval().requires_grad_(False)}
        for name, parameter in self.tuned.named_parameters():
            parameter.requires_grad_(name.startswith(parts) and not name.startswith(NOT_EXPORTED))
        self.tuned.condition.norms.eval()

    @property
    def tuned(self) -> Flow:
        """The network itself."""
        return cast(Flow, self.network.module)

    def see(self, L: Tensor) -> Seen:
        """What the network keeps of lightness ``[N,1,H,W]``, seen as softly as the exported one sees it."""
        return self.tuned.see(softened(L))

    def step(self, batch: Crops) -> dict[str, Tensor]:
        """One step: the first pictures of the batch, which are as random as any, from noise; the others from none."""
        pictures = self.pictures(batch)
        number = round(self.variants * len(pictures.L))
        chance = Chance(number, pictures.L.device) if number else None
        start = torch.zeros_like(pictures.field)
        if chance is not None:
            start[:number] = chance.uniform() * torch.randn_like(start[:number])
        network = self.tuned
        # A block of its own: in torch 2.8 weights that autocast has brought down without gradients get none later on.
        with torch.no_grad(), self.fabric.autocast():
            seen = self.see(pictures.L)
            drawn = self.drawn(seen, start, pictures.known, pictures.mask, slice(number))
        with self.fabric.autocast():
            end = draw(network.denoiser, seen, start, pictures.known, pictures.mask, self.times)
            fine = network.refinement(end[number:].detach(), seen.detail[number:])
        field = (end.float() - torch.cat([drawn, pictures.field[number:]])).square().mean()
        refined = (fine.float() - pictures.ab[number:]).abs().mean()
        self.optimize("network", field + self.refinement * refined)
        return {"field": field.detach(), "refinement": refined.detach()}

    def drawn(self, seen: Seen, start: Tensor, known: Tensor, mask: Tensor, which: slice) -> Tensor:
        """What those that start from noise are to end in: as far from the mean as they were before it learnt."""
        some, noise, nothing = Seen(*(part[which] for part in seen)), start[which], torch.zeros_like(start[which])
        if not len(noise):
            return noise
        teacher = cast(Flow, self.teachers["start"]).denoiser
        off, mean, now = (
            draw(denoiser, some, x, known[which], mask[which], self.times).float()
            for denoiser, x in ((teacher, noise), (teacher, nothing), (self.tuned.denoiser, nothing))
        )
        return now + off - mean
