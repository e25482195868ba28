"""A U-Net against a discriminator with self-attention (Zhang et al. 2018: SAGAN), beside L1 on ab."""

from __future__ import annotations

from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor

from colorizing_things.lab.config.settings import Count, Weight
from colorizing_things.lab.data.batches import Batch
from colorizing_things.lab.networks.discriminators import Space
from colorizing_things.lab.objectives.adversarial import ObjectiveName

from .adversarial import AdversarialMethod, lightness_at


class AdversarialUNet(AdversarialMethod):
    """``pixels`` x L1 + ``adversarial`` x the objective; hinge with two rates as in the paper by default."""

    networks: ClassVar[tuple[str, ...]] = ("unet-sagan",)

    def prepare(
        self,
        objective: ObjectiveName = "hinge",
        objective_settings: dict[str, Any] | None = None,
        pixels: Weight = 1.0,
        adversarial: Weight = 1.0,
        width: Count = 32,
        space: Space = "lab",
        attention: bool = True,
    ) -> None:
        """Weights of the terms, and the discriminator.

        Args:
            objective, objective_settings: of the discriminator, as :func:`.make_objective` takes them.
            pixels: weight of L1 on ab, in CIELAB units.
            adversarial: weight of the discriminator's opinion.
            width: channels of its finest map.
            space: what it looks at, ``lab`` or ``rgb``.
            attention: whether it has self-attention.
        """
        self.pixels, self.adversarial = pixels, adversarial
        side = self.size // int(self.network.output_stride)  # type: ignore[arg-type]
        self.add_discriminator(side, width, space, attention)

    def step(self, batch: Batch) -> dict[str, Tensor]:
        """The discriminator, then the network."""
        L = lightness_at(batch)
        with torch.set_grad_enabled(self.is_generator_step):
            ab = self.network(batch.L)
        logged = self.train_discriminator(L, batch.ab, [ab])
        if not self.is_generator_step:
            return logged
        pixels = F.l1_loss(ab, batch.ab)
        with self.frozen_discriminator():
            adversarial = self.objective.generator(self.discriminate(L, ab).score.float())
        self.optimize("network", self.pixels * pixels + self.adversarial * adversarial)
        return logged | {"pixels": pixels.detach(), "generator": adversarial.detach()}
