"""Self-attention over a feature map (Zhang et al. 2018: Self-Attention GANs, section 3)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm


class SelfAttention(nn.Module):
    """``gamma * o + x`` (equation 3), gamma 0 at the start: far places help once near ones have been learned.

    As in the authors' code, keys and values are pooled by 2, values have half of the channels, and nothing
    divides the products by the root of their width.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        narrow, half = max(1, channels // 8), max(1, channels // 2)
        self.query = spectral_norm(nn.Conv2d(channels, narrow, 1, bias=False))
        self.key = spectral_norm(nn.Conv2d(channels, narrow, 1, bias=False))
        self.value = spectral_norm(nn.Conv2d(channels, half, 1, bias=False))
        self.out = spectral_norm(nn.Conv2d(half, channels, 1, bias=False))
        self.gamma = nn.Parameter(torch.zeros(()))

    def forward(self, x: Tensor) -> Tensor:
        """``[N,C,H,W]`` -> the same shape; H and W even."""
        query = self.query(x).flatten(2).transpose(1, 2)[:, None]  # one head
        key, value = (F.max_pool2d(f(x), 2).flatten(2).transpose(1, 2)[:, None] for f in (self.key, self.value))
        attended = F.scaled_dot_product_attention(query, key, value, scale=1.0)[:, 0]
        mixed: Tensor = self.gamma * self.out(attended.transpose(1, 2).unflatten(2, x.shape[-2:])) + x
        return mixed
