"""Gradients and batch norm's statistics over several processes."""

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


@torch.no_grad()
def average_statistics(fabric: Fabric, module: nn.Module) -> None:
    """Average what batch norm remembers over all processes, so that it is of all pictures, and not of the first's."""
    if fabric.world_size == 1:
        return
    remembered = [b for name, b in module.named_buffers() if name.endswith(("running_mean", "running_var"))]
    if not remembered:
        return
    averaged = fabric.all_reduce(torch.cat([b.flatten() for b in remembered]), reduce_op="mean")
    assert isinstance(averaged, Tensor)
    for buffer, part in zip(remembered, averaged.split([b.numel() for b in remembered]), strict=True):
        buffer.copy_(part.view_as(buffer))
