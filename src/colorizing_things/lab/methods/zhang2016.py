"""Training steps of Zhang, Isola, Efros: Colorful Image Colorization (ECCV 2016)."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

import numpy as np
import numpy.typing as npt
import torch
from pydantic import Field
from torch import Tensor, nn
from torch.optim import Adam, Optimizer

from colorizing_things.errors import SettingError
from colorizing_things.lab.color.ab_bins import ab_bins
from colorizing_things.lab.config.recipe import OUTPUT_STRIDE, Stage
from colorizing_things.lab.config.settings import Positive, Settings, Share
from colorizing_things.lab.data.batches import Batch
from colorizing_things.lab.decoding.graph import Graph
from colorizing_things.lab.decoding.settings import AnnealedDecoding, SizedDecoding
from colorizing_things.lab.networks.zhang2016 import REGRESSION_SCALE, Zhang2016
from colorizing_things.lab.objectives.classification import (
    SoftEncoder,
    rebalanced_cross_entropy,
    rebalancing_weights,
    smooth_prior,
)

from .base import Method

GRAY = 5.0  # ab units: a picture with nothing beyond this in a or b teaches nothing (the release's NonGrayMask)


def is_colorful(ab: Tensor) -> Tensor:
    """1 for pictures that have an abs(a) or abs(b) over 5 anywhere, else 0: ``[N,2,h,w]`` -> ``[N]``."""
    return (ab.abs().amax((1, 2, 3)) > GRAY).float()


class Zhang2016Adam(Method):
    """What the variants share: the paper's optimizer and the network that they need."""

    networks: ClassVar[tuple[str, ...]] = ("zhang2016",)
    head: ClassVar[str]

    @classmethod
    def check(cls, stage: Stage) -> None:
        """The network must have the head that is trained."""
        super().check(stage)
        if stage.network.settings.get("head", "classes") != cls.head:
            raise SettingError(f"method {stage.method.name} trains network.head={cls.head}")

    def optimizer(self, network: nn.Module) -> Optimizer:
        """Adam with beta 0.9 and 0.99 (the release's solver).

        Its weight decay of 1e-3 stands beside a loss summed over the pixels (eq. 2). Beside their mean it is as
        many times smaller, 1e-3 / 44^2 = 5e-7 in the recipes: taken as it is it outweighs the data by far.
        """
        learn = [p for p in network.parameters() if p.requires_grad]
        return Adam(learn, self.rates.lr, betas=(0.9, 0.99), weight_decay=self.rates.weight_decay)


class Zhang2016Classes(Zhang2016Adam):
    """Soft-encoded, class-rebalanced cross-entropy (eq. 2 to 4), at a quarter of the picture's size.

    The mean over the pixels where the paper writes a sum, which only the weight decay would notice. Targets are
    box-averaged where the release takes every fourth pixel; weights start as torch's where the paper's start from
    k-means.
    """

    head: ClassVar[str] = "classes"
    decoding: ClassVar[type[Settings]] = AnnealedDecoding

    @classmethod
    def check(cls, stage: Stage) -> None:
        """The settings of section 2.2 have their ranges."""
        super().check(stage)

    def prepare(
        self, neighbors: Annotated[int, Field(ge=1, le=313)] = 5, sigma: Positive = 5.0, uniform: Share = 0.5
    ) -> None:
        """Section 2.2's settings.

        Args:
            neighbors: K nearest bins of the soft encoding (5 in the paper, 10 in the released code).
            sigma: of the encoding's Gaussian, in ab units.
            uniform: eq. 4's lambda: 1 is no rebalancing.
        """
        self.encode = SoftEncoder(neighbors, sigma).to(self.fabric.device)
        weights = rebalancing_weights(smooth_prior(self.prior), uniform)
        if not np.isfinite(weights).all():
            raise SettingError("uniform 0: some bins have no training pixel near them; choose uniform above 0")
        self.bin_weight = torch.from_numpy(weights).float().to(self.fabric.device)

    def step(self, batch: Batch) -> dict[str, Tensor]:
        """One step of the network."""
        logits = self.network(batch.L).permute(0, 2, 3, 1)
        target = self.encode(batch.ab.permute(0, 2, 3, 1))
        mask = is_colorful(batch.ab)[:, None, None, None]
        loss = rebalanced_cross_entropy(logits, target._replace(weight=target.weight * mask), self.bin_weight)
        self.optimize("network", loss)
        return {"classes": loss.detach()}

    @classmethod
    def graph(
        cls, network: nn.Module, prior: npt.NDArray[np.float64], settings: dict[str, Any], decoding: dict[str, Any]
    ) -> Graph:
        """The annealed mean (eq. 5) of the logits; ``decoding`` takes ``temperature`` and ``size``."""
        options = cls.decoding_settings(decoding)
        return Graph(
            AnnealedMean(network, options.temperature).eval(),
            inputs=("L",),
            outputs=("ab", "logits"),
            stride=Zhang2016.stride,
            output_stride=OUTPUT_STRIDE,
            size=options.size,
            bins=tuple((float(a), float(b)) for a, b in ab_bins()),
            temperature=options.temperature,
        )


class Zhang2016Regression(Zhang2016Adam):
    """The L2 baseline: half the squared distance in ab (eq. 1), in units of 40 ab units (our choice)."""

    head: ClassVar[str] = "ab"
    decoding: ClassVar[type[Settings]] = SizedDecoding

    def prepare(self) -> None:
        """No settings."""

    def step(self, batch: Batch) -> dict[str, Tensor]:
        """One step of the network; grey photographs are left out as in the classification."""
        difference = (self.network(batch.L) - batch.ab) / REGRESSION_SCALE
        loss = 0.5 * (difference.square().sum(1).mean((1, 2)) * is_colorful(batch.ab)).mean()
        self.optimize("network", loss)
        return {"regression": loss.detach()}

    @classmethod
    def graph(
        cls, network: nn.Module, prior: npt.NDArray[np.float64], settings: dict[str, Any], decoding: dict[str, Any]
    ) -> Graph:
        """The network as it is; ``decoding`` takes ``size``."""
        size = cls.decoding_settings(decoding).size
        return Graph(AbOnly(network).eval(), ("L",), ("ab",), Zhang2016.stride, OUTPUT_STRIDE, size)


class AnnealedMean(nn.Module):
    """A classifying network with its decoding: L ``[N,1,H,W]`` -> (ab, logits), both at a quarter of the size."""

    def __init__(self, network: nn.Module, temperature: float) -> None:
        super().__init__()
        self.network, self.temperature = network, temperature

    def forward(self, L: Tensor) -> tuple[Tensor, Tensor]:
        """Lightness 0..100 in; ab in CIELAB units out, and the logits as trained."""
        logits = self.network(L)
        return self.network.annealed_mean(logits, self.temperature), logits  # type: ignore[operator]


class AbOnly(nn.Module):
    """A network whose answer is ab: L ``[N,1,H,W]`` -> (ab,)."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, L: Tensor) -> tuple[Tensor]:
        """Lightness 0..100 in; ab in CIELAB units out."""
        return (self.network(L),)
