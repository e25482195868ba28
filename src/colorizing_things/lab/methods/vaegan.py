"""A VAE inside a GAN (Larsen et al. 2015: Autoencoding beyond pixels using a learned similarity metric)."""

from __future__ import annotations

from typing import Any, ClassVar

import torch
from torch import Tensor

from colorizing_things.errors import SettingError
from colorizing_things.lab.config.recipe import Stage
from colorizing_things.lab.config.settings import Count, Positive, Settings, Weight
from colorizing_things.lab.data.batches import Batch
from colorizing_things.lab.decoding.settings import LatentDecoding
from colorizing_things.lab.networks.discriminators import Space
from colorizing_things.lab.objectives.adversarial import ObjectiveName
from colorizing_things.lab.objectives.variational import kl_to_standard_normal, reparameterize, scale_gradient

from .adversarial import AdversarialMethod, lightness_at


class VAEGAN(AdversarialMethod):
    """Prior, learned similarity and adversarial terms, each gradient on the paper's way (algorithm 1):

    - encoders (of the code, and of the grey picture) <- L_prior + L_like, never the adversarial term;
    - generator <- gamma L_like - L_GAN, over what it decodes and what it draws;
    - discriminator <- L_GAN alone, never the similarity.

    L_prior and L_like are both divided by the number of features compared: the same balance as in the paper,
    of a size that Adam's and the adversarial term's gradients live with.
    """

    networks: ClassVar[tuple[str, ...]] = ("conditional-vae", "bottleneck")
    decoding: ClassVar[type[Settings]] = LatentDecoding

    def prepare(
        self,
        objective: ObjectiveName = "hinge",
        objective_settings: dict[str, Any] | None = None,
        gamma: Positive = 1.0,
        kl: Weight = 1.0,
        pixels: Weight = 0.0,
        width: Count = 32,
        space: Space = "lab",
    ) -> None:
        """Weights of the terms, and the discriminator.

        Args:
            objective, objective_settings: of the discriminator, as :func:`.make_objective` takes them.
            gamma: weight of the similarity against the adversarial term, in the generator's gradient only.
            kl: weight of the prior's term; 1 is the evidence's lower bound.
            pixels: weight of L1 on ab, in CIELAB units, beside the paper's terms. Without it the discriminator wins
                before it has learnt anything worth being similar in (docs/results.md).
            width: channels of the discriminator's finest map.
            space: what it looks at, ``lab`` or ``rgb``.
        """
        self.gamma, self.kl, self.pixels = gamma, kl, pixels
        self.add_discriminator(self.size, width, space)
        self.network.mark_forward_method("encode")  # type: ignore[operator]
        self.network.mark_forward_method("generate")  # type: ignore[operator]
        self.network.mark_forward_method("maps")  # type: ignore[operator]

    @classmethod
    def check(cls, stage: Stage) -> None:
        """The network's code needs a variance."""
        super().check(stage)
        if stage.network.name == "bottleneck" and not stage.network.settings.get("variational"):
            raise SettingError("method vaegan needs a code with a variance: set network.variational=true")

    def step(self, batch: Batch) -> dict[str, Tensor]:
        """The discriminator, then encoders and generator together."""
        L, number = lightness_at(batch), len(batch.L)
        with torch.set_grad_enabled(self.is_generator_step):
            code = self.network.encode(batch.L, batch.ab, self.maps(batch))  # type: ignore[operator]
            # Codes of every temperature from 0 to 1, here and in the draws: in a hundred dimensions those of 1 all lie
            # far from z = 0, the likeliest colours that the network is asked for in the end.
            temperature = torch.rand(number, 1, device=code.mean.device)
            z = reparameterize(code.mean, code.log_variance, temperature * torch.randn_like(code.mean))
            # The first decoding carries gradients on to the encoders, where they must be those of L_like, not of
            # gamma L_like; the other two are the adversarial term's, and end here. Not all in one pass: batch norm
            # would take the two for fixed, and its gradient would have the encoder's features grow without end.
            share = 1 / self.gamma
            learning = [scale_gradient(c, share) for c in code.content]
            decoded = self.network.generate(scale_gradient(z, share), learning)  # type: ignore[operator]
            content = [c.detach().repeat(2, 1, 1, 1) for c in code.content]
            drawn = torch.randn_like(z) * torch.rand(number, 1, device=z.device)
            again, sampled = self.network.generate(torch.cat([z.detach(), drawn]), content).split(number)  # type: ignore[operator]
        logged = self.train_discriminator(L, batch.ab, [again, sampled])
        if not self.is_generator_step:
            return logged
        with self.frozen_discriminator():
            with torch.no_grad():
                real = self.discriminate(L, batch.ab).middle.float()
            decoded_features = self.discriminate(L, decoded).middle.float()
            fakes = self.discriminate(L.repeat(2, 1, 1, 1), torch.cat([again, sampled])).score.float()
        like = 0.5 * (decoded_features - real).square().mean()
        kl = kl_to_standard_normal(code.mean, code.log_variance)
        adversarial = self.objective.generator(fakes)
        pixels = (decoded - batch.ab).abs().mean()
        reconstruction = self.gamma * like + self.pixels * pixels
        self.optimize("network", self.kl * kl / real[0].numel() + reconstruction + adversarial)
        return logged | {
            "kl": kl.detach(),
            "like": like.detach(),
            "generator": adversarial.detach(),
            "pixels": pixels.detach(),
        }
