"""Classification over ab bins, class-rebalanced, with a regression of ab beside it."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from colorizing_things.lab.batches import Batch
from colorizing_things.lab.networks.mobile_unet import Colouring
from colorizing_things.lab.objectives.classification import (
    SoftEncoder,
    rebalanced_cross_entropy,
    rebalancing_weights,
    smooth_prior,
)
from colorizing_things.lab.objectives.regression import hit, smooth_l1

from .base import Method


class ClassesAndRegression(Method):
    """Zhang et al. 2016 (eq. 2) + ``regression`` x smooth L1 + the confidence's cross-entropy."""

    def prepare(  # type: ignore[override]
        self, regression: float = 0.02, positions: float = 0.25, uniform: float = 0.5
    ) -> None:
        """``positions``: share of the output grid to classify in each step; ``uniform``: eq. 4's lambda."""
        self.regression, self.positions = regression, positions
        self.encode = SoftEncoder().to(self.fabric.device)
        weights = rebalancing_weights(smooth_prior(self.prior), uniform)
        self.bin_weight = torch.from_numpy(weights).float().to(self.fabric.device)

    def colour(self, batch: Batch) -> tuple[Colouring, Tensor]:
        """Run the network on the batch and return its answer with the classification loss."""
        cells = batch.ab.shape[-1] * batch.ab.shape[-2]
        at = torch.randperm(cells, device=batch.ab.device)[: max(1, round(cells * self.positions))]
        answer = self.network(batch.L, at)
        target = self.encode(batch.ab.flatten(2).transpose(1, 2)[:, at])
        return answer, rebalanced_cross_entropy(answer.logits, target, self.bin_weight)

    def step(self, batch: Batch) -> dict[str, Tensor]:
        """One step of the network."""
        answer, classes = self.colour(batch)
        regression = smooth_l1(answer.ab, batch.ab)
        confidence = F.binary_cross_entropy_with_logits(
            answer.confidence_logits.float(), hit(answer.ab.detach(), batch.ab)
        )
        self.descend("network", classes + self.regression * regression + confidence)
        return {
            "classes": classes.detach(),
            "regression": regression.detach(),
            "confidence": confidence.detach(),
        }
