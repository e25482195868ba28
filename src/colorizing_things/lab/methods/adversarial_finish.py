"""A perceptual and adversarial stage at the chroma's own resolution, after classification and regression.

It makes the regression head bolder and its fields coherent, for half as much again a picture as plain
training: the discriminator never sees more than a quarter of the size, the perceptual loss no more than half.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.optim import Adam

from colorizing_things.errors import SettingError
from colorizing_things.lab.config.recipe import Stage
from colorizing_things.lab.config.settings import Share, Weight
from colorizing_things.lab.data.batches import Batch
from colorizing_things.lab.networks.discriminators import ChromaPatches
from colorizing_things.lab.networks.squeezenet import squeezenet
from colorizing_things.lab.objectives.adversarial import hinge_discriminator, hinge_generator
from colorizing_things.lab.objectives.perceptual import join, perceptual_distance
from colorizing_things.lab.objectives.regression import chroma_spread, smooth_l1, within_radius

from .classes_and_regression import ClassesAndRegression

MIN_PERCEPTUAL_SIZE = 64  # px


class AdversarialFinish(ClassesAndRegression):
    """Hinge on ab given L and SqueezeNet's opinion, beside weighted smooth L1, the spread of chroma, the classes."""

    @classmethod
    def check(cls, stage: Stage) -> None:
        """SqueezeNet needs a picture to look at."""
        super().check(stage)
        if stage.method.settings.get("perceptual") and stage.data.size < MIN_PERCEPTUAL_SIZE:
            raise SettingError(
                f"size {stage.data.size}: perceptual needs {MIN_PERCEPTUAL_SIZE} px or more; or set perceptual=0"
            )

    def prepare(  # type: ignore[override]
        self,
        regression: Weight = 0.04,
        adversarial: Weight = 0.08,
        spread: Weight = 0.002,
        rarity: Share = 0.0,
        classes: Weight = 1.0,
        positions: Share = 0.1,
        uniform: Share = 0.5,
        hinted: Share = 0.0,
        perceptual: Weight = 0.0,
    ) -> None:
        """The terms of :class:`ClassesAndRegression`, and those of the finish.

        Args:
            regression: weight of the smooth L1.
            adversarial: weight of the discriminator's opinion.
            spread: weight of the difference in the spread of chroma.
            rarity: how far the smooth L1 follows the bins' rebalancing weights.
            classes: weight of the classification.
            positions: share of the output grid to classify in each step.
            uniform: eq. 4's lambda.
            hinted: share of the pictures that come with colour hints.
            perceptual: weight of SqueezeNet's opinion; 0 leaves it out.
        """
        super().prepare(regression, positions, uniform, hinted)
        self.perceptual = perceptual
        self.perceptual_network = squeezenet().to(self.fabric.device) if perceptual else None
        self.adversarial, self.spread, self.rarity, self.classes = adversarial, spread, rarity, classes
        critic = ChromaPatches()
        self._add_trainable(
            "discriminator", critic, Adam(critic.parameters(), self.rates.discriminator_lr, betas=(0.0, 0.9))
        )

    def step(self, batch: Batch) -> dict[str, Tensor]:
        """The discriminator's step, then the network's, on the same colouring."""
        answer, classes = self.predict(batch)
        discriminator = self.trainables["discriminator"].module
        real_score = discriminator(batch.clean_L, batch.ab)
        fake_score = discriminator(batch.clean_L, answer.ab.detach())
        critic_loss = hinge_discriminator(real_score, fake_score)
        self.optimize("discriminator", critic_loss)

        nearest = self.encode(batch.ab.permute(0, 2, 3, 1)).indices[..., 0]
        weight = (1 - self.rarity) + self.rarity * self.bin_weight[nearest]
        regression = smooth_l1(answer.ab, batch.ab, weight)
        spread = chroma_spread(answer.ab, batch.ab)
        # The network's gradient passes through the discriminator, whose own weights must not see it.
        discriminator.requires_grad_(False)
        adversarial = hinge_generator(discriminator(batch.clean_L, answer.ab))
        confidence = F.binary_cross_entropy_with_logits(
            answer.confidence_logits.float(), within_radius(answer.ab.detach(), batch.ab)
        )
        perceptual = self._perceptual_loss(batch, answer.ab)
        total = self.classes * classes + self.regression * regression + confidence + self.perceptual * perceptual
        self.optimize("network", total + self.adversarial * adversarial + self.spread * spread)
        discriminator.requires_grad_(True)
        return {
            "classes": classes.detach(),
            "regression": regression.detach(),
            "confidence": confidence.detach(),
            "perceptual": perceptual.detach(),
            "spread": spread.detach(),
            "discriminator": critic_loss.detach(),
            "score_real": real_score.detach().mean(),
            "score_fake": fake_score.detach().mean(),
        }

    def _perceptual_loss(self, batch: Batch, ab: Tensor) -> Tensor:
        """How unlike the real picture ours looks to SqueezeNet; 0 where the recipe does not ask."""
        if self.perceptual_network is None:
            return torch.zeros((), device=ab.device)
        with self.fabric.autocast():
            return perceptual_distance(self.perceptual_network, join(batch.clean_L, ab), join(batch.clean_L, batch.ab))
