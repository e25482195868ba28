"""The variational autoencoder's terms (Kingma & Welling 2013)."""

from __future__ import annotations

import torch
from torch import Tensor

LOG_VARIANCE_LIMIT = 10.0  # keeps exp finite while a network is young


def reparameterize(mean: Tensor, log_variance: Tensor, noise: Tensor) -> Tensor:
    """z = mean + deviation * noise, noise from N(0, I) (section 2.4): a draw that gradients pass through.

    Examples:
        >>> reparameterize(torch.ones(1, 2), torch.zeros(1, 2), torch.tensor([[0.5, -1.0]])).tolist()
        [[1.5, 0.0]]
    """
    limited = log_variance.clamp(-LOG_VARIANCE_LIMIT, LOG_VARIANCE_LIMIT)
    return mean + (0.5 * limited).exp() * noise


def kl_to_standard_normal(mean: Tensor, log_variance: Tensor) -> Tensor:
    """KL(N(mean, variance) || N(0, I)), summed over the code, mean over the batch (appendix B): ``[N,d]`` -> scalar.

    Examples:
        >>> float(kl_to_standard_normal(torch.zeros(1, 4), torch.zeros(1, 4)))
        0.0
    """
    limited = log_variance.clamp(-LOG_VARIANCE_LIMIT, LOG_VARIANCE_LIMIT)
    return 0.5 * (mean.square() + limited.exp() - 1 - limited).sum(1).mean()


class _ScaledGradient(torch.autograd.Function):
    @staticmethod
    def forward(ctx: torch.autograd.function.FunctionCtx, x: Tensor, factor: float) -> Tensor:
        ctx.factor = factor  # type: ignore[attr-defined]
        return x.view_as(x)

    @staticmethod
    def backward(ctx: torch.autograd.function.FunctionCtx, gradient: Tensor) -> tuple[Tensor, None]:
        return gradient * ctx.factor, None  # type: ignore[attr-defined]


def scale_gradient(x: Tensor, factor: float) -> Tensor:
    """The same values; their gradient is multiplied by ``factor`` on its way back.

    Examples:
        >>> x = torch.ones(1, requires_grad=True)
        >>> scale_gradient(x, 0.1).backward()
        >>> x.grad
        tensor([0.1000])
    """
    scaled: Tensor = _ScaledGradient.apply(x, factor)  # type: ignore[no-untyped-call]
    return scaled
