"""What all adversarial methods share: the discriminator, its turn, and what is logged of both networks."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim import Optimizer

from colorizing_things.errors import SettingError
from colorizing_things.lab.config.recipe import Stage
from colorizing_things.lab.config.settings import Settings
from colorizing_things.lab.data.batches import Batch
from colorizing_things.lab.decoding.graph import Graph, latent_graph
from colorizing_things.lab.decoding.settings import GeneratorDecoding
from colorizing_things.lab.networks.discriminators import (
    Discriminator,
    DiscriminatorOutput,
    Space,
    discriminator_input,
)
from colorizing_things.lab.networks.generators import check_size
from colorizing_things.lab.networks.normalization import check_normalization
from colorizing_things.lab.objectives.adversarial import (
    Objective,
    clip_weights,
    gradient_penalty,
    make_objective,
)

from .base import Method, Rates
from .kept_features import KeptFeatures, check_views


class AdversarialMethod(Method):
    """A network against a discriminator on (L, ab) or RGB, under an objective that the recipe names.

    The discriminator sees real and coloured photographs with the same lightness, half of them real. With
    ``critic_steps`` k it learns in every step and the network in every k-th.
    """

    decoding: ClassVar[type[Settings]] = GeneratorDecoding
    kept: KeptFeatures | None = None
    max_gradient_norm: ClassVar[float] = math.inf  # the objectives are trained as in their papers, unclipped

    @classmethod
    def objective_of(cls, settings: dict[str, Any]) -> Objective:
        """The objective that method's own settings name, hinge by default."""
        return make_objective(settings.get("objective", "hinge"), settings.get("objective_settings"))

    @classmethod
    def default_rates(cls, settings: dict[str, Any]) -> Rates:
        """The objective's own; no weight decay."""
        objective = cls.objective_of(settings)
        return Rates(objective.lr, objective.lr, objective.discriminator_lr, 0.0)

    @classmethod
    def check(cls, stage: Stage) -> None:
        """The objective, and a side that the discriminator can halve down to 4."""
        super().check(stage)
        check_normalization(cls.objective_of(stage.method.settings).normalization)
        check_views(stage)
        _check_side(stage.data.size, stage.data.target_stride)

    def optimizer(self, network: nn.Module) -> Optimizer:
        """The objective's, the encoder at its own rate."""
        self.objective = self.objective_of(self.settings)
        return self.objective.optimizer(self.parameter_groups(network), self.rates.lr)

    def add_discriminator(self, side: int, width: int, space: Space, attention: bool = False) -> None:
        """Make the discriminator for pictures of ``side`` px."""
        self.space = space
        module = Discriminator(side, width, self.objective.normalization, attention)
        optimizer = self.objective.optimizer(module.parameters(), self.rates.discriminator_lr)
        self._add_trainable("discriminator", module, optimizer)

    @property
    def is_generator_step(self) -> bool:
        """Whether the network learns in this step: the last of every ``critic_steps``, after the critic's warm-up."""
        warmup = 0 if "discriminator" in self.carried else self.objective.critic_warmup
        after = self.step_number - warmup
        return after >= 0 and (after + 1) % self.objective.critic_steps == 0

    def maps(self, batch: Batch) -> list[Tensor]:
        """What the network's encoder makes of the pictures; of fixed views what it made of them before."""
        if batch.keys is None:
            return list(self.network.maps(batch.L))  # type: ignore[operator]
        if self.kept is None:
            self.kept = KeptFeatures(self.network, self.size)
        return self.kept(batch.L, batch.keys)

    def discriminate(self, L: Tensor, ab: Tensor) -> DiscriminatorOutput:
        """The discriminator's view of pictures."""
        output: DiscriminatorOutput = self.trainables["discriminator"].module(discriminator_input(L, ab, self.space))
        return output

    def train_discriminator(self, L: Tensor, real: Tensor, fakes: list[Tensor]) -> dict[str, Tensor]:
        """One step of the discriminator.

        Args:
            L: lightness ``[N,1,h,w]`` of the photographs, 0..100.
            real: their chroma ``[N,2,h,w]``.
            fakes: one or more colourings of them; together they weigh as much as ``real``.
        """
        fakes = [fake.detach() for fake in fakes]
        real_score = self.discriminate(L, real).score
        fake_score = self.discriminate(L.repeat(len(fakes), 1, 1, 1), torch.cat(fakes)).score
        loss = self.objective.discriminator(real_score.float(), fake_score.float())
        logged = {
            "discriminator": loss.detach(),
            "score_real": real_score.detach().mean(),
            "score_fake": fake_score.detach().mean(),
            "spread_real": spread(real),
            "spread_fake": spread(fakes[-1]),  # the last is what the network draws by itself, where it draws
            "tint_real": tint(real),
            "tint_fake": tint(fakes[-1]),
        }
        if self.objective.floor:
            logged["discriminator_floor"] = torch.tensor(self.objective.floor)
        if self.objective.wasserstein:
            logged["wasserstein"] = logged["score_real"] - logged["score_fake"]
        if self.objective.penalty:
            penalty = self._penalty(L, real, fakes)
            logged["penalty"] = penalty.detach()
            loss = loss + self.objective.penalty * penalty
        self.optimize("discriminator", loss)
        if self.objective.clip:
            clip_weights(self.trainables["discriminator"].module, self.objective.clip)
        return logged

    def _penalty(self, L: Tensor, real: Tensor, fakes: list[Tensor]) -> Tensor:
        """The gradient penalty in fp32, towards one of each picture's colourings, picked at random."""
        count = len(real)
        picked = torch.randint(len(fakes), (count,), device=L.device)
        fake = torch.stack(fakes)[picked, torch.arange(count, device=L.device)]
        share = torch.rand(count, device=L.device)
        module: Any = self.trainables["discriminator"].module.module  # as it is, without Fabric's autocast
        with torch.autocast(L.device.type, enabled=False):
            real_input, fake_input = (discriminator_input(L, ab.float(), self.space) for ab in (real, fake))
            return gradient_penalty(lambda x: module(x).score, real_input, fake_input, share)

    @contextmanager
    def frozen_discriminator(self) -> Iterator[None]:
        """Gradients pass through the discriminator here, its own weights get none."""
        discriminator = self.trainables["discriminator"].module
        discriminator.requires_grad_(False)
        yield
        discriminator.requires_grad_(True)

    @classmethod
    def graph(
        cls, network: nn.Module, prior: npt.NDArray[np.float64], settings: dict[str, Any], decoding: dict[str, Any]
    ) -> Graph:
        """The network as it colours; of a VAE the mean of the code, or with ``decoding.draws`` an input ``z``."""
        return latent_graph(network, **cls.decoding_settings(decoding).model_dump())


def lightness_at(batch: Batch) -> Tensor:
    """The clean lightness at the size of the chroma: what a discriminator sees beside it."""
    factor = batch.clean_L.shape[-1] // batch.ab.shape[-1]
    return F.avg_pool2d(batch.clean_L, factor) if factor > 1 else batch.clean_L


@torch.no_grad()
def spread(ab: Tensor) -> Tensor:
    """Spread of all colours of a batch about their mean, in ab units: 0 for a constant colour, grey or not."""
    return ab.float().var((0, 2, 3), correction=0).sum().sqrt()


@torch.no_grad()
def tint(ab: Tensor) -> Tensor:
    """How far pictures' mean colours lie apart, in ab units: 0 where every picture has one and the same tint."""
    return ab.float().mean((2, 3)).var(0, correction=0).sum().sqrt()


def _check_side(size: int, stride: int) -> None:
    try:
        check_size(size // stride)
    except SettingError:
        sizes = ", ".join(str(side * stride) for side in (32, 64, 96, 128))
        raise SettingError(
            f"size {size}: the discriminator halves its pictures down to 4 or 6 px; take {sizes}, ..."
        ) from None
