"""Training steps of Hwang & Zhou, Image Colorization with Deep Convolutional Neural Networks (CS231n 2016).

Targets are u* and v* of the photograph at full size, so recipes set ``target_stride: 1``.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from torch import Tensor, nn
from torch.optim import Adam, Optimizer

from colorizing_things.errors import SettingError
from colorizing_things.lab.color.luv import ab_to_uv, uv_to_ab
from colorizing_things.lab.config.recipe import Stage
from colorizing_things.lab.config.settings import Settings
from colorizing_things.lab.data.batches import Batch
from colorizing_things.lab.decoding.graph import Graph
from colorizing_things.lab.decoding.settings import AnnealedDecoding, SizedDecoding
from colorizing_things.lab.networks.hwang2016 import UV_SCALE, Hwang2016
from colorizing_things.lab.objectives.blurred import blurred_squared_error, squared_error
from colorizing_things.lab.objectives.uv_classification import uv_cross_entropy, uv_index

from .base import Method


class Hwang2016Method(Method):
    """What both objectives share: Adam, VGG16 at its own rate, and CIELUV targets."""

    networks: ClassVar[tuple[str, ...]] = ("hwang2016",)
    head: ClassVar[str]

    @classmethod
    def check(cls, stage: Stage) -> None:
        """The network must have the head that is trained."""
        super().check(stage)
        if stage.network.settings.get("head", "uv") != cls.head:
            raise SettingError(f"method {stage.method.name} trains network.head={cls.head}")

    def optimizer(self, network: nn.Module) -> Optimizer:
        """Adam; ``encoder_lr`` for VGG16."""
        return Adam(self.parameter_groups(network), weight_decay=self.rates.weight_decay)

    def target(self, batch: Batch) -> Tensor:
        """u* and v* of the photographs, ``[N,2,H,W]``."""
        return ab_to_uv(batch.clean_L, batch.ab)

    @classmethod
    def graph(
        cls, network: nn.Module, prior: npt.NDArray[np.float64], settings: dict[str, Any], decoding: dict[str, Any]
    ) -> Graph:
        """u* and v* turned into ab inside the graph; ``decoding`` takes ``size`` and, of classes, ``temperature``."""
        options = cls.decoding_settings(decoding)
        temperature = getattr(options, "temperature", None)
        module = ThroughLuv(network, temperature or 1.0).eval()
        return Graph(
            module, ("L",), ("ab",), Hwang2016.stride, Hwang2016.output_stride, options.size, temperature=temperature
        )


class Hwang2016Regression(Hwang2016Method):
    """The baseline: squared Euclidean distance of (u*, v*), in units of 50 CIELUV units (our choice)."""

    head: ClassVar[str] = "uv"
    decoding: ClassVar[type[Settings]] = SizedDecoding

    def prepare(self, blurred: bool = False) -> None:
        """How the fields are compared.

        Args:
            blurred: also compare after 3 x 3 and 5 x 5 blurs, as Dahl's network was trained.
        """
        self.error = blurred_squared_error if blurred else squared_error

    def step(self, batch: Batch) -> dict[str, Tensor]:
        """One step of the network."""
        loss = self.error(self.network(batch.L) / UV_SCALE, self.target(batch) / UV_SCALE)
        self.optimize("network", loss)
        return {"regression": loss.detach()}


class Hwang2016Classification(Hwang2016Method):
    """Cross-entropy over the bins of u* plus that over the bins of v*."""

    head: ClassVar[str] = "bins"
    decoding: ClassVar[type[Settings]] = AnnealedDecoding

    def prepare(self) -> None:
        """No settings."""

    def step(self, batch: Batch) -> dict[str, Tensor]:
        """One step of the network."""
        logits = self.network(batch.L)
        loss = uv_cross_entropy(logits, uv_index(self.target(batch), logits.shape[1] // 2))
        self.optimize("network", loss)
        return {"classes": loss.detach()}


class ThroughLuv(nn.Module):
    """A network of u* and v* with its decoding: L ``[N,1,H,W]`` -> (ab ``[N,2,H,W]``,)."""

    def __init__(self, network: nn.Module, temperature: float) -> None:
        super().__init__()
        self.network, self.temperature = network, temperature

    def forward(self, L: Tensor) -> tuple[Tensor]:
        """Lightness 0..100 in; ab in CIELAB units out."""
        uv = self.network.uv(self.network(L), self.temperature)  # type: ignore[operator]
        return (uv_to_ab(L, uv),)
