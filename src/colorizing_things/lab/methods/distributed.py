"""Gradients over several processes."""

from __future__ import annotations

import torch
from lightning_fabric import Fabric
from torch import Tensor, nn


@torch.no_grad()
def average_gradients(fabric: Fabric, module: nn.Module) -> None:
    """Average the gradients of a module over all processes, in one go: that of the whole batch, for mean losses."""
    if fabric.world_size == 1:
        return
    gradients = [p.grad for p in module.parameters() if p.grad is not None]
    if not gradients:
        return
    flat = torch.cat([g.flatten() for g in gradients])
    averaged = fabric.all_reduce(flat, reduce_op="mean")
    assert isinstance(averaged, Tensor)
    for gradient, part in zip(gradients, averaged.split([g.numel() for g in gradients]), strict=True):
        gradient.copy_(part.view_as(gradient))
