"""What the training loop expects of a method."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from lightning_fabric import Fabric
from torch import Tensor, nn
from torch.optim import AdamW, Optimizer

from colorizing_things.lab.batches import Batch

GRADIENT_LIMIT = 1.0


@dataclass
class Player:
    """A module with its optimizer, set up for the devices by Fabric."""

    module: nn.Module
    optimizer: Optimizer


@dataclass(frozen=True)
class Rates:
    """Learning rates: of new layers, of the pretrained encoder, of a discriminator; and the weight decay."""

    lr: float = 1e-3
    encoder_lr: float = 2e-4
    discriminator_lr: float = 4e-4
    weight_decay: float = 0.01


class Method(ABC):
    """One way to train. ``players`` holds every module that learns; the first, ``network``, is exported."""

    def __init__(
        self, fabric: Fabric, network: nn.Module, rates: Rates, prior: npt.NDArray[np.float64], **settings: float
    ) -> None:
        self.fabric, self.rates, self.prior = fabric, rates, prior
        self.players: dict[str, Player] = {}
        encoder = list(network.encoder.parameters())  # type: ignore[union-attr, operator]
        known = {id(p) for p in encoder}
        groups = [
            {"params": [p for p in network.parameters() if id(p) not in known], "lr": rates.lr},
            {"params": encoder, "lr": rates.encoder_lr},
        ]
        self._join("network", network, AdamW(groups, weight_decay=rates.weight_decay))
        self.prepare(**settings)

    def _join(self, name: str, module: nn.Module, optimizer: Optimizer) -> None:
        module, optimizer = self.fabric.setup(module, optimizer)  # type: ignore[assignment]
        self.players[name] = Player(module, optimizer)

    @property
    def network(self) -> nn.Module:
        """The network that is averaged, sampled and exported."""
        return self.players["network"].module

    @abstractmethod
    def prepare(self, **settings: float) -> None:
        """Take the recipe's ``method_settings`` and make what else is needed."""

    @abstractmethod
    def step(self, batch: Batch) -> dict[str, Tensor]:
        """Learn from one batch; return the losses to log, detached."""

    def descend(self, name: str, loss: Tensor) -> None:
        """One optimizer step of one player, gradients clipped to a norm of ``GRADIENT_LIMIT``."""
        player = self.players[name]
        player.optimizer.zero_grad(set_to_none=True)
        self.fabric.backward(loss)
        torch.nn.utils.clip_grad_norm_(player.module.parameters(), GRADIENT_LIMIT)
        player.optimizer.step()
