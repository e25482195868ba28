"""A flow's guided draws in two steps, and at any mood (after progressive distillation, Salimans & Ho 2022).

The student starts at noise ``m z`` and learns, by plain mean square, where the teacher ends that starts from
``m z + sqrt(1 - m^2) e`` with an ``e`` that the student does not see. So at mood ``m`` it gives the mean over what
``m z`` leaves open: at 1 the teacher's draw, at 0 the mean of all of them, guidance included.
"""

from __future__ import annotations

import copy
from typing import Any, ClassVar, cast

import torch
from torch import Tensor

from colorizing_things.lab.config.settings import Count, Positive, Share
from colorizing_things.lab.data.chance import Chance
from colorizing_things.lab.data.crops import Crops
from colorizing_things.lab.networks.flow import Flow, Seen, draw

from .base import Rates
from .flow import FlowMatching, Pictures

LEARN = ("denoiser", "condition.from", "condition.mix", "condition.fine")  # the rest stays the teacher's


class FlowDistillation(FlowMatching):
    """The teacher is the average of the stage before (or what ``--start`` gives); the student begins as its copy."""

    begins_from_average: ClassVar[bool] = True

    @classmethod
    def default_rates(cls, settings: dict[str, Any]) -> Rates:
        """Lower than the teacher's; the encoder does not learn."""
        return Rates(4e-4, 0.0)

    def prepare(  # type: ignore[override]
        self, hinted: Share = 0.45, wilful: Share = 0.17, cards: Share = 0.01, guidance: Positive = 1.6,
        stop: Share = 0.3, teacher_runs: Count = 5, mean: Share = 0.25,
    ) -> None:  # fmt: skip
        """What is shown, and how the teacher draws.

        Args:
            hinted: share of the pictures that come with known places.
            wilful: share of the pictures in which a segment is recolored, its known places with it.
            cards: share of flat grey cards.
            guidance: how far the teacher's answers are pushed away from those given unseen.
            stop: the time at which the teacher is asked for the last time, and the student for the second.
            teacher_runs: how often the teacher is asked, at even times from 0 on.
            mean: share of the moods that are 0; the others are uniform.
        """
        self.hinted, self.wilful, self.cards = hinted, wilful, cards
        self.guidance, self.stop, self.mean = guidance, stop, mean
        self.times = tuple(stop * run / max(1, teacher_runs - 1) for run in range(teacher_runs))
        student = self.student
        self.teachers = {"teacher": copy.deepcopy(student).eval().requires_grad_(False)}
        for name, parameter in student.named_parameters():
            parameter.requires_grad_(name.startswith(LEARN) and name != "denoiser.null")
        student.condition.norms.eval()

    @property
    def student(self) -> Flow:
        """The network itself."""
        return cast(Flow, self.network.module)

    def step(self, batch: Crops) -> dict[str, Tensor]:
        """One step of the student."""
        pictures = self.pictures(batch)
        chance = Chance(len(pictures.L), pictures.L.device)
        mood = torch.where(chance.often(self.mean), 0.0, chance.uniform())
        start = mood * torch.randn_like(pictures.field)
        hidden = (1 - mood**2).sqrt() * torch.randn_like(pictures.field)
        features, target = self._teach(pictures, start + hidden)
        student = self.student
        with self.fabric.autocast():
            seen = student.condition(pictures.L, features)
            end = draw(student.denoiser, seen, start, pictures.known, pictures.mask, (0.0, self.stop))
        loss = (end.float() - target).square().mean()
        self.optimize("network", loss)
        return {"distillation": loss.detach()}

    @torch.no_grad()
    def _teach(self, pictures: Pictures, noise: Tensor) -> tuple[tuple[Tensor, ...], Tensor]:
        """The encoder's features, which both share, and where the teacher ends that starts from ``noise``."""
        teacher = cast(Flow, self.teachers["teacher"])
        with self.fabric.autocast():
            features = teacher.encoder(pictures.L)
            seen: Seen = teacher.condition(pictures.L, features)
            end = draw(
                teacher.denoiser, seen, noise, pictures.known, pictures.mask, self.times, self.guidance
            )  # fmt: skip
        return features, end.float()
