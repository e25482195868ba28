"""The adversarial autoencoder (Makhzani et al. 2015), from a grey picture to its colour."""

from __future__ import annotations

from typing import Any, ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.optim import Adam

from colorizing_things.errors import SettingError
from colorizing_things.lab.config.recipe import Stage
from colorizing_things.lab.config.settings import Count, Weight
from colorizing_things.lab.data.batches import Batch
from colorizing_things.lab.networks.discriminators import CodeDiscriminator, Space
from colorizing_things.lab.objectives.adversarial import ObjectiveName, vanilla_discriminator, vanilla_generator

from .adversarial import AdversarialMethod, lightness_at

CODE_RATE = 2e-4  # of the code discriminator: the vanilla objective's


class AAE(AdversarialMethod):
    """Reconstruction of ab, a code like N(0, I), and pictures like real ones, each by its own term.

    The paper takes a step for each term in turn; here the network descends their sum, in one pass of the
    encoder, which costs most of a step. With ``code`` 0 the latent is a plain, deterministic one.
    """

    networks: ClassVar[tuple[str, ...]] = ("bottleneck",)

    def prepare(
        self,
        objective: ObjectiveName = "hinge",
        objective_settings: dict[str, Any] | None = None,
        pixels: Weight = 1.0,
        adversarial: Weight = 1.0,
        code: Weight = 1.0,
        code_width: Count = 1000,
        width: Count = 32,
        space: Space = "lab",
    ) -> None:
        """Weights of the terms, and the discriminators.

        Args:
            objective, objective_settings: of the image discriminator, as :func:`.make_objective` takes them.
            pixels: weight of L1 on ab, in CIELAB units.
            adversarial: weight of the image discriminator's opinion.
            code: weight of the code discriminator's (vanilla, non-saturating); 0 leaves it out.
            code_width: its hidden layers.
            width: channels of the image discriminator's finest map.
            space: what it looks at, ``lab`` or ``rgb``.
        """
        self.weights = {"pixels": pixels, "adversarial": adversarial, "code": code}
        self.add_discriminator(self.size, width, space)
        self.network.mark_forward_method("encode")  # type: ignore[operator]
        self.network.mark_forward_method("generate")  # type: ignore[operator]
        self.network.mark_forward_method("maps")  # type: ignore[operator]
        if code:
            module = CodeDiscriminator(self.network.latent, code_width)  # type: ignore[arg-type]
            self._add_trainable("code_discriminator", module, Adam(module.parameters(), CODE_RATE, betas=(0.5, 0.999)))

    @classmethod
    def check(cls, stage: Stage) -> None:
        """A code that is normalized over the batch needs more than one picture in it."""
        super().check(stage)
        if stage.network.settings.get("variational"):
            raise SettingError("variational: the adversarial autoencoder's code has no variance; take a vaegan recipe")
        if stage.data.batch_size < 2 and stage.network.settings.get("normalization", "batch") == "batch":
            raise SettingError("batch_size 1: the code is normalized over the batch; take 2 or more pictures")

    def step(self, batch: Batch) -> dict[str, Tensor]:
        """The image discriminator, the code discriminator, then the network."""
        L = lightness_at(batch)
        with torch.set_grad_enabled(self.is_generator_step):
            code = self.network.encode(batch.L, maps=self.maps(batch))  # type: ignore[operator]
            ab = self.network.generate(code.mean, code.content)  # type: ignore[operator]
        logged = self.train_discriminator(L, batch.ab, [ab])
        if self.weights["code"]:
            logged |= self._train_code_discriminator(code.mean.detach())
        if not self.is_generator_step:
            return logged
        pixels = F.l1_loss(ab, batch.ab)
        with self.frozen_discriminator():
            adversarial = self.objective.generator(self.discriminate(L, ab).score.float())
        total = self.weights["pixels"] * pixels + self.weights["adversarial"] * adversarial
        logged |= {"pixels": pixels.detach(), "generator": adversarial.detach()}
        if self.weights["code"]:
            discriminator = self.trainables["code_discriminator"].module.requires_grad_(False)
            likely = vanilla_generator(discriminator(code.mean).float())
            discriminator.requires_grad_(True)
            total = total + self.weights["code"] * likely
            logged["code"] = likely.detach()
        self.optimize("network", total)
        return logged

    def _train_code_discriminator(self, code: Tensor) -> dict[str, Tensor]:
        """One step on codes against draws from N(0, I) (section 2)."""
        discriminator = self.trainables["code_discriminator"].module
        real, fake = discriminator(torch.randn_like(code)).float(), discriminator(code).float()
        loss = vanilla_discriminator(real, fake, smoothing=1.0)
        self.optimize("code_discriminator", loss)
        return {
            "code_discriminator": loss.detach(),
            "code_deviation": code.std(0, correction=0).mean(),
            "code_score_prior": real.detach().mean(),
            "code_score_fake": fake.detach().mean(),
        }
