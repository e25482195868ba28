"""What the training loop expects of a method."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from lightning_fabric import Fabric
from torch import Tensor, nn
from torch.optim import AdamW, Optimizer

from colorizing_things.errors import TrainingError
from colorizing_things.lab.batches import Batch
from colorizing_things.lab.decoding import Graph

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
        self._join("network", network, self.optimizer(network))
        self.prepare(**settings)

    def optimizer(self, network: nn.Module) -> Optimizer:
        """AdamW, a pretrained ``network.encoder`` at its own rate."""
        encoder = list(network.encoder.parameters())  # type: ignore[union-attr, operator]
        known = {id(p) for p in encoder}
        groups = [
            {"params": [p for p in network.parameters() if id(p) not in known], "lr": self.rates.lr},
            {"params": encoder, "lr": self.rates.encoder_lr},
        ]
        return AdamW(groups, weight_decay=self.rates.weight_decay)

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

    @classmethod
    def graph(
        cls, network: nn.Module, prior: npt.NDArray[np.float64], settings: dict[str, Any], decoding: dict[str, Any]
    ) -> Graph:
        """The trained network as something that colours: for samples and for export.

        Args:
            network: as averaged, in eval mode.
            prior: share of each ab bin among the training pixels.
            settings: the stage's ``method_settings``.
            decoding: the recipe's ``decoding``.

        Raises:
            TrainingError: it does not colour (a distilled encoder, say).
        """
        raise TrainingError(f"{cls.__name__} trains no network that colours by itself")

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
