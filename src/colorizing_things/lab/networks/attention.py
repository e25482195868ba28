"""Colour queries: a few learned tokens that look at the whole picture and agree on its colours."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Attention(nn.Module):
    """Multi-head attention of ``queries`` [N,Q,D] over ``keys`` [N,K,D] (Vaswani et al. 2017, section 3.2)."""

    def __init__(self, width: int, heads: int = 4) -> None:
        super().__init__()
        self.heads = heads
        self.query, self.key, self.value, self.out = (nn.Linear(width, width) for _ in range(4))

    def forward(self, queries: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        """``[N,Q,D]``, ``[N,K,D]``, ``[N,K,D]`` -> ``[N,Q,D]``."""

        def split(x: Tensor) -> Tensor:
            apart: Tensor = x.unflatten(-1, (self.heads, -1)).transpose(1, 2)
            return apart

        mixed = F.scaled_dot_product_attention(
            split(self.query(queries)), split(self.key(keys)), split(self.value(values))
        )
        answer: Tensor = self.out(mixed.transpose(1, 2).flatten(2))
        return answer


class QueryLayer(nn.Module):
    """Cross-attention to the picture, then self-attention, then a feed-forward net, each post-normed.

    The order is DDColor's (Kang et al. 2023, section 3.3): cross first was better than self first.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.cross, self.among = Attention(width), Attention(width)
        self.feed = nn.Sequential(nn.Linear(width, 4 * width), nn.ReLU(), nn.Linear(4 * width, width))
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(3))

    def forward(self, queries: Tensor, place: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        """``place`` [Q,D] is the learned query embedding, added where queries are compared."""
        queries = self.norms[0](queries + self.cross(queries + place, keys, values))
        queries = self.norms[1](queries + self.among(queries + place, queries + place, queries))
        fed: Tensor = self.norms[2](queries + self.feed(queries))
        return fed


def positions(features: Tensor) -> Tensor:
    """Where each pixel lies, ``[H*W, 2]`` of (x, y) in -1..1, for ``features`` [N,C,H,W]."""
    height, width = features.shape[-2:]
    y = (torch.arange(height, device=features.device, dtype=torch.float32) + 0.5) / height * 2 - 1
    x = (torch.arange(width, device=features.device, dtype=torch.float32) + 0.5) / width * 2 - 1
    return torch.stack([x[None, :].expand(height, width), y[:, None].expand(height, width)], -1).flatten(0, 1)


class ColorQueries(nn.Module):
    """Q tokens attend to the features of several scales in turn, and each becomes one map over the picture.

    After DDColor's colour decoder (Kang et al. 2023, section 3.3), an order of magnitude smaller.
    """

    def __init__(self, scales: tuple[int, ...], pixel_channels: int, queries: int, layers: int, width: int) -> None:
        super().__init__()
        self.start = nn.Parameter(torch.zeros(queries, width))
        self.place = nn.Parameter(torch.randn(queries, width) * 0.02)
        self.project = nn.ModuleList(nn.Conv2d(channels, width, 1) for channels in scales)
        self.level = nn.Parameter(torch.randn(len(scales), width) * 0.02)
        self.where = nn.Linear(2, width)
        self.layers = nn.ModuleList(QueryLayer(width) for _ in range(layers))
        self.to_pixels = nn.Linear(width, pixel_channels)

    def forward(self, features: list[Tensor], pixels: Tensor) -> Tensor:
        """Features of the scales, coarse to fine, and ``pixels`` [N,C,h,w] -> maps ``[N,Q,h,w]``."""
        values, keys = [], []
        for i, (project, feature) in enumerate(zip(self.project, features, strict=True)):
            value = project(feature).flatten(2).transpose(1, 2) + self.level[i]
            values.append(value)
            keys.append(value + self.where(positions(feature).to(value.dtype)))
        queries = self.start.expand(pixels.shape[0], -1, -1)
        for i, layer in enumerate(self.layers):
            queries = layer(queries, self.place, keys[i % len(keys)], values[i % len(keys)])
        weights = self.to_pixels(queries)
        maps: Tensor = torch.einsum("nqc,nchw->nqhw", weights, pixels) / pixels.shape[1] ** 0.5
        return maps
