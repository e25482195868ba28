"""Classification over ab bins, class-rebalanced, with a regression of ab beside it."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from colorizing_things.lab.color.ab_bins import ab_bins
from colorizing_things.lab.config.recipe import OUTPUT_STRIDE
from colorizing_things.lab.config.settings import Settings, Share, Weight
from colorizing_things.lab.data.batches import Batch
from colorizing_things.lab.data.simulated_hints import simulate_hints
from colorizing_things.lab.decoding.decoder import Decoder, Decoding
from colorizing_things.lab.decoding.graph import Graph
from colorizing_things.lab.networks.mobile_unet import MobileUNetOutput
from colorizing_things.lab.objectives.classification import (
    SoftEncoder,
    rebalanced_cross_entropy,
    rebalancing_weights,
    smooth_prior,
)
from colorizing_things.lab.objectives.regression import smooth_l1, within_radius

from .base import Method


class ClassesAndRegression(Method):
    """Zhang et al. 2016 (eq. 2) + ``regression`` x smooth L1 + the confidence's cross-entropy."""

    decoding: ClassVar[type[Settings]] = Decoding

    def prepare(
        self, regression: Weight = 0.02, positions: Share = 0.25, uniform: Share = 0.5, hinted: Share = 0.0
    ) -> None:
        """What is learnt, and from how much.

        Args:
            regression: weight of the smooth L1.
            positions: share of the output grid to classify in each step.
            uniform: eq. 4's lambda.
            hinted: share of the pictures that come with colour hints (:func:`.simulate_hints`).
        """
        self.regression, self.positions, self.hinted = regression, positions, hinted
        self.encode = SoftEncoder().to(self.fabric.device)
        weights = rebalancing_weights(smooth_prior(self.prior), uniform)
        self.bin_weight = torch.from_numpy(weights).float().to(self.fabric.device)

    def predict(self, batch: Batch) -> tuple[MobileUNetOutput, Tensor]:
        """Run the network on the batch and return its answer with the classification loss."""
        cells = batch.ab.shape[-1] * batch.ab.shape[-2]
        at = torch.randperm(cells, device=batch.ab.device)[: max(1, round(cells * self.positions))]
        answer = self.network(batch.L, *self.hints(batch), at=at)
        target = self.encode(batch.ab.flatten(2).transpose(1, 2)[:, at])
        return answer, rebalanced_cross_entropy(answer.logits, target, self.bin_weight)

    def hints(self, batch: Batch) -> tuple[Tensor, Tensor] | tuple[()]:
        """This step's hints, of the same seed every time; none where the recipe has none."""
        if not self.hinted:
            return ()
        rng = np.random.default_rng(int(torch.randint(2**31, ())))  # the loop seeds torch anew for every step
        return simulate_hints(batch.ab, self.hinted, OUTPUT_STRIDE, rng)

    @classmethod
    def graph(
        cls, network: nn.Module, prior: npt.NDArray[np.float64], settings: dict[str, Any], decoding: dict[str, Any]
    ) -> Graph:
        """Both heads, decoded into one colour (:class:`.Decoding`)."""
        options: Decoding = cls.decoding_settings(decoding)
        weight = torch.from_numpy(rebalancing_weights(smooth_prior(prior), settings.get("uniform", 0.5)))
        return Graph(
            Decoder(network, options, weight).eval(),
            inputs=("L", "hint_ab", "hint_mask"),
            outputs=("ab", "logits", "confidence", "features"),
            stride=int(network.stride),  # type: ignore[arg-type]
            output_stride=OUTPUT_STRIDE,
            size=options.size,
            bins=tuple((float(a), float(b)) for a, b in ab_bins()),
            temperature=options.temperature,
        )

    def step(self, batch: Batch) -> dict[str, Tensor]:
        """One step of the network."""
        answer, classes = self.predict(batch)
        regression = smooth_l1(answer.ab, batch.ab)
        confidence = F.binary_cross_entropy_with_logits(
            answer.confidence_logits.float(), within_radius(answer.ab.detach(), batch.ab)
        )
        self.optimize("network", classes + self.regression * regression + confidence)
        return {
            "classes": classes.detach(),
            "regression": regression.detach(),
            "confidence": confidence.detach(),
        }
