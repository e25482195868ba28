"""Gradients and batch norm's statistics over several processes."""

from __future__ import annotations

from typing import Any

import torch
import torch.distributed as processes
from lightning_fabric import Fabric
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm


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


def synchronize_batch_norms(fabric: Fabric, module: nn.Module) -> None:
    """Let batch norm take its statistics over the pictures of all processes, as over one large batch."""
    if fabric.world_size == 1:
        return
    for part in module.modules():
        if type(part) in SYNCHRONIZED:
            part.__class__ = SYNCHRONIZED[type(part)]  # its weights, what it remembers and its names stay


class _Sum(torch.autograd.Function):
    """Sum over all processes; a loss of any of them has its gradient with respect to what each put in."""

    @staticmethod
    def forward(ctx: Any, part: Tensor) -> Tensor:
        whole = part.clone()
        processes.all_reduce(whole)
        return whole

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        whole = gradient.clone()
        processes.all_reduce(whole)
        return whole


class _Synchronized(_BatchNorm):
    """Batch norm over several processes with as many pictures each. PyTorch's own knows GPUs alone."""

    def forward(self, x: Tensor) -> Tensor:
        """``[N,C,...]`` of this process -> the same, normalized by the statistics of all."""
        if not self.training:
            return super().forward(x)
        world, axes = processes.get_world_size(), [0, *range(2, x.dim())]
        shape = [1, -1, *[1] * (x.dim() - 2)]
        with torch.autocast(x.device.type, enabled=False):
            mean = _sum(x.float().mean(axes)) / world
            centered = x.float() - mean.view(shape)
            variance = _sum(centered.square().mean(axes)) / world
            self._remember(mean.detach(), variance.detach(), world * x.numel() // x.shape[1])
            y = centered * (variance + self.eps).rsqrt().view(shape)
            if self.affine:
                y = y * self.weight.view(shape) + self.bias.view(shape)
        return y.to(x.dtype)

    def _remember(self, mean: Tensor, variance: Tensor, count: int) -> None:
        assert self.momentum is not None and self.running_mean is not None and self.running_var is not None
        assert self.num_batches_tracked is not None
        self.num_batches_tracked.add_(1)
        self.running_mean.lerp_(mean, self.momentum)
        self.running_var.lerp_(variance * count / max(count - 1, 1), self.momentum)


def _sum(part: Tensor) -> Tensor:
    whole: Tensor = _Sum.apply(part)  # type: ignore[no-untyped-call]
    return whole


class _Synchronized1d(_Synchronized, nn.BatchNorm1d):
    pass


class _Synchronized2d(_Synchronized, nn.BatchNorm2d):
    pass


SYNCHRONIZED: dict[type[nn.Module], type[nn.Module]] = {
    nn.BatchNorm1d: _Synchronized1d, nn.BatchNorm2d: _Synchronized2d,
}  # fmt: skip
