"""Adversarial objectives: what each of the two networks minimises, and the optimizer and normalization that it needs.

Scores are the discriminator's raw outputs, no sigmoid. A recipe names an objective; what the papers train it
with comes as its defaults (:data:`OBJECTIVES`).
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, Literal

import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor, nn
from torch.optim import Adam, Optimizer, RMSprop

from colorizing_things.errors import SettingError
from colorizing_things.lab.config.settings import Count, Settings, Weight, validate


def hinge_discriminator(real: Tensor, fake: Tensor) -> Tensor:
    """E relu(1 - D(real)) + E relu(1 + D(fake)) (Lim & Ye 2017; Miyato et al. 2018, eq. 16).

    Examples:
        >>> import torch
        >>> float(hinge_discriminator(real=torch.tensor([2.0]), fake=torch.tensor([0.5])))
        1.5
    """
    return F.relu(1 - real).mean() + F.relu(1 + fake).mean()


def hinge_generator(fake: Tensor) -> Tensor:
    """-E D(fake) (Miyato et al. 2018, eq. 17); the generator's of Wasserstein too (Arjovsky et al. 2017, alg. 1).

    Examples:
        >>> import torch
        >>> float(hinge_generator(torch.tensor([0.5])))
        -0.5
    """
    return -fake.mean()


SMOOTHING = 0.9  # what real pictures count as
VANILLA_FLOOR = -SMOOTHING * math.log(SMOOTHING) - (1 - SMOOTHING) * math.log(1 - SMOOTHING)


def vanilla_discriminator(real: Tensor, fake: Tensor, smoothing: float = SMOOTHING) -> Tensor:
    """Cross-entropy of real = ``smoothing`` and fake = 0 (Goodfellow et al. 2014, eq. 1).

    One-sided label smoothing after Salimans et al. 2016, section 3.4.
    """
    truth = torch.full_like(real, smoothing)
    return F.binary_cross_entropy_with_logits(real, truth) + F.binary_cross_entropy_with_logits(
        fake, torch.zeros_like(fake)
    )


def vanilla_generator(fake: Tensor) -> Tensor:
    """-E log D(fake): non-saturating (Goodfellow et al. 2014, section 3)."""
    return F.softplus(-fake).mean()


def least_squares_discriminator(real: Tensor, fake: Tensor, a: float = 0.0, b: float = 1.0) -> Tensor:
    """(E (D(real) - b)^2 + E (D(fake) - a)^2) / 2 (Mao et al. 2017, eq. 2)."""
    return 0.5 * ((real - b).square().mean() + (fake - a).square().mean())


def least_squares_generator(fake: Tensor, c: float = 1.0) -> Tensor:
    """E (D(fake) - c)^2 / 2 (Mao et al. 2017, eq. 2)."""
    return 0.5 * (fake - c).square().mean()


def wasserstein_critic(real: Tensor, fake: Tensor) -> Tensor:
    """E D(fake) - E D(real): minus the estimate of the Wasserstein distance (Arjovsky et al. 2017, alg. 1)."""
    return fake.mean() - real.mean()


def gradient_penalty(critic: Callable[[Tensor], Tensor], real: Tensor, fake: Tensor, share: Tensor) -> Tensor:
    """E (|grad D(x)| - 1)^2 between real and fake (Gulrajani et al. 2017, eq. 3, without lambda).

    Args:
        critic: pictures ``[N,C,h,w]`` -> scores ``[N]``, with no batch norm: the penalty is each picture's own.
            Call this outside of autocast: half precision has not the range for a gradient's gradient.
        real, fake: pictures of the same shape.
        share: 0..1, ``[N]``: the real one's share in x.
    """
    t = share.view(-1, *(1,) * (real.ndim - 1))
    x = (t * real + (1 - t) * fake).detach().requires_grad_()
    (gradient,) = torch.autograd.grad(critic(x).sum(), x, create_graph=True)
    norm = (gradient.flatten(1).square().sum(1) + 1e-12).sqrt()
    return (norm - 1).square().mean()


@torch.no_grad()
def clip_weights(critic: nn.Module, limit: float) -> None:
    """Clip every parameter to +-``limit`` (Arjovsky et al. 2017, alg. 1, line 7)."""
    for parameter in critic.parameters():
        parameter.clamp_(-limit, limit)


@dataclass(frozen=True)
class Objective:
    """One adversarial objective with what it is trained with.

    Attributes:
        discriminator: (scores of real, scores of fake) -> what the discriminator minimizes.
        generator: scores of fake -> what the generator minimises.
        lr, discriminator_lr: learning rates of generator and discriminator.
        betas: of Adam; None for RMSprop (no momentum: clipping and momentum do not go together).
        critic_steps: steps of the discriminator for one of the generator.
        critic_warmup: steps of the discriminator before the generator's first: WGAN's release takes 100 for each of
            the first generator steps, so that the first gradients come from a critic near its optimum.
        normalization: of the discriminator.
        clip: limit of the discriminator's weights, 0 for none.
        penalty: weight of the gradient penalty, 0 for none.
        wasserstein: whether real minus fake score estimates a distance.
        floor: the least that the discriminator's loss can be, where it has a least.
    """

    discriminator: Callable[[Tensor, Tensor], Tensor]
    generator: Callable[[Tensor], Tensor]
    lr: float = 2e-4
    discriminator_lr: float = 2e-4
    betas: tuple[float, float] | None = (0.5, 0.999)
    critic_steps: int = 1
    critic_warmup: int = 0
    normalization: str = "spectral"
    clip: float = 0.0
    penalty: float = 0.0
    wasserstein: bool = False
    floor: float = 0.0

    def optimizer(self, parameters: Any, lr: float) -> Optimizer:
        """The optimizer of one of the two, over parameters or groups of them."""
        if self.betas is None:
            return RMSprop(parameters, lr)
        return Adam(parameters, lr, betas=self.betas)


ObjectiveName = Literal["vanilla", "lsgan", "lsgan-pearson", "wgan", "wgan-gp", "hinge"]
Beta = Annotated[float, Field(ge=0, lt=1)]

OBJECTIVES: dict[ObjectiveName, Objective] = {
    "vanilla": Objective(vanilla_discriminator, vanilla_generator, floor=VANILLA_FLOOR),
    "lsgan": Objective(least_squares_discriminator, least_squares_generator),
    # a, b, c = -1, 1, 0 minimises the Pearson chi-squared divergence (Mao et al. 2017, section 3.2)
    "lsgan-pearson": Objective(
        partial(least_squares_discriminator, a=-1.0, b=1.0), partial(least_squares_generator, c=0.0)
    ),
    "wgan": Objective(
        wasserstein_critic, hinge_generator, lr=5e-5, discriminator_lr=5e-5, betas=None, critic_steps=5,
        critic_warmup=100, normalization="batch", clip=0.01, wasserstein=True,
    ),
    "wgan-gp": Objective(
        wasserstein_critic, hinge_generator, lr=1e-4, discriminator_lr=1e-4, betas=(0.0, 0.9), critic_steps=5,
        normalization="layer", penalty=10.0, wasserstein=True,
    ),
    # Two time scales: Heusel et al. 2017; the rates are SAGAN's (Zhang et al. 2018, section 4.2)
    "hinge": Objective(hinge_discriminator, hinge_generator, lr=1e-4, discriminator_lr=4e-4, betas=(0.0, 0.9)),
}  # fmt: skip


class ObjectiveSettings(Settings):
    """What a recipe may change of an objective; the rates it gives with the optimizer's, like every recipe."""

    betas: tuple[Beta, Beta] = Field(default=(0.5, 0.999), description="of Adam")
    critic_steps: Count = Field(default=1, description="steps of the discriminator for one of the generator")
    critic_warmup: Annotated[int, Field(ge=0)] = Field(
        default=0, description="steps of the discriminator before the generator's first; wgan has 100"
    )
    normalization: str = Field(default="spectral", description="of the discriminator: none, batch, layer or spectral")
    clip: Weight = Field(default=0.0, description="limit of the discriminator's weights, 0 for none")
    penalty: Weight = Field(default=0.0, description="weight of the gradient penalty, 0 for none")


def make_objective(name: ObjectiveName, changes: dict[str, Any] | None = None) -> Objective:
    """The objective of that name, with ``changes`` to its defaults.

    Raises:
        SettingError: no such objective, or a change that cannot work.
    """
    if name not in OBJECTIVES:
        raise SettingError(f"unknown objective {name!r}: choose {', '.join(OBJECTIVES)}")
    given = validate(ObjectiveSettings, changes or {}, "objective_settings").model_dump(exclude_unset=True)
    objective = dataclasses.replace(OBJECTIVES[name], **given)
    if objective.penalty > 0 and objective.normalization == "batch":
        raise SettingError("normalization batch: a gradient penalty is each picture's own; choose layer or none")
    if objective.normalization == "spectral" and (objective.penalty > 0 or objective.clip > 0):
        raise SettingError("normalization spectral: already bounds the critic; leave out clip and penalty")
    return objective
