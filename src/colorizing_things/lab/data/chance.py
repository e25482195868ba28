"""Random numbers for a batch of pictures, on any device."""

from __future__ import annotations

import torch
from torch import Tensor


class Chance:
    """Draws for each picture of a batch, shaped so that they meet ``[N,C,H,W]``.

    Args:
        count: pictures.
        device: where the numbers are made.
        generator: theirs; torch's own of that device where None, which the training loop seeds before each step.
    """

    def __init__(
        self, count: int, device: torch.device | str = "cpu", generator: torch.Generator | None = None
    ) -> None:
        self.count, self.device, self.generator = count, torch.device(device), generator

    @classmethod
    def seeded(cls, count: int, seed: int) -> Chance:
        """On the CPU, from a seed of its own: for batches that are made beside the training."""
        return cls(count, "cpu", torch.Generator().manual_seed(seed))

    def uniform(self, low: float = 0.0, high: float = 1.0, shape: tuple[int, ...] = (1, 1, 1)) -> Tensor:
        """Float32 ``[N, *shape]``."""
        drawn = torch.rand(self.count, *shape, device=self.device, generator=self.generator)
        return low + (high - low) * drawn

    def normal(self, scale: float = 1.0, shape: tuple[int, ...] = (1, 1, 1)) -> Tensor:
        """Float32 ``[N, *shape]``."""
        return scale * torch.randn(self.count, *shape, device=self.device, generator=self.generator)

    def often(self, share: float) -> Tensor:
        """True for about that share of the pictures: bool ``[N,1,1,1]``."""
        return self.uniform() < share

    def place(self, height: int, width: int) -> Tensor:
        """A place of a field of that size, counted row by row: int64 ``[N]``."""
        return (self.uniform(shape=()) * height * width).long()
