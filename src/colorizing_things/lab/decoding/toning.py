"""Toning: the two colours that a mean of plausible ones has and things seldom have, taken back.

What is shown is nearly the mean of what a place may be. Of navy, black and wine that is violet; of grey, blue and brown
it is tan. Both are what viewers named first: dark cloth, shadows and walls that lean to purple and mauve, and a tan
wash (docs/experiments.md).
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

# b, CIELAB units: above the first nothing is violet or mauve, from the second on all is; beyond the third on the way
# to the fourth a violet is meant, and stays.
VIOLET = (6.0, -2.0, -25.0, -50.0)
TAN, TAN_WIDTH = math.radians(80), math.radians(18)  # its hue, and how far from it (one sigma)


class Toning(nn.Module):
    """A factor on chroma, less of a where b says violet, less chroma where the hue is tan; and back."""

    def __init__(self, chroma: float, violet: float, tan: float) -> None:
        """``chroma``: above 0; ``violet`` and ``tan``: what share is taken back, 0..1, 1 left out."""
        super().__init__()
        self.chroma, self.violet, self.tan = chroma, violet, tan

    def forward(self, ab: Tensor) -> Tensor:
        """CIELAB ab ``[N,2,h,w]``, as the network means it -> as it is shown."""
        a, b = (ab * self._of_tan(ab)).split(1, 1)
        return torch.cat([a * self._of_violet(a, b), b], 1) * self.chroma

    def undone(self, ab: Tensor) -> Tensor:
        """As it is shown -> as the network means it: what a hint is told as."""
        a, b = (ab / self.chroma).split(1, 1)
        meant = torch.cat([a / self._of_violet(a, b), b], 1)
        return meant / self._of_tan(meant)

    def _of_violet(self, a: Tensor, b: Tensor) -> Tensor:
        begins, full, fades, ends = VIOLET
        share = ((begins - b) / (begins - full)).clamp(0, 1) * ((b - ends) / (fades - ends)).clamp(0, 1)
        return 1 - self.violet * share * (a > 0).to(a.dtype)

    def _of_tan(self, ab: Tensor) -> Tensor:
        a, b = ab.split(1, 1)
        near = (a * math.cos(TAN) + b * math.sin(TAN)) / (ab.square().sum(1, keepdim=True) + 1e-6).sqrt()
        return 1 - self.tan * torch.exp((near - 1) / TAN_WIDTH**2)
