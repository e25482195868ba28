"""Toning: what a mean of plausible colours has too much of, taken back.

What is shown is nearly the mean of what a place may be. Of navy, black and wine that is violet, which things seldom
are. And skin, wood and brick come out a stronger orange than theirs. Both are what viewers named first: dark cloth,
shadows and walls that lean to purple and mauve; red faces and brown rooms (docs/experiments.md).
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

# b, CIELAB units: above the first nothing is violet or mauve, from the second on all is; beyond the third on the way
# to the fourth a violet is meant, and stays.
VIOLET = (6.0, -2.0, -25.0, -50.0)
# Chroma, as it is shown: up to the first orange stays, at the second most is taken back, from the third on it is meant,
# a flag or a red dress. True faces of news photographs have 20 in the mean.
ORANGE_CHROMA = (15.0, 33.0, 58.0)
ORANGE = math.radians(45)  # its hue
ORANGE_FULL, ORANGE_ENDS = math.cos(math.radians(20)), math.cos(math.radians(40))  # how far from it in hue


class Toning(nn.Module):
    """Less of a where b says violet, a factor on chroma, less of a moderate orange; and back."""

    def __init__(self, chroma: float, violet: float, orange: float) -> None:
        """``chroma``: above 0; ``violet`` and ``orange``: what share is taken back, 0..1, 1 left out."""
        super().__init__()
        self.chroma, self.violet, self.orange = chroma, violet, orange

    def forward(self, ab: Tensor) -> Tensor:
        """CIELAB ab ``[N,2,h,w]``, as the network means it -> as it is shown."""
        a, b = ab.split(1, 1)
        ab = torch.cat([a * self._of_violet(a, b), b], 1) * self.chroma
        calm, most, meant = ORANGE_CHROMA
        chroma = _chroma(ab)
        excess = (chroma - calm).clamp(0.0, most - calm) - (chroma - most).clamp(0.0, meant - most) * self._falls()
        return ab * (1 - self._of_orange(ab) * excess / chroma)

    def undone(self, ab: Tensor) -> Tensor:
        """As it is shown -> as the network means it: what a hint is told as."""
        calm, _, meant = ORANGE_CHROMA
        shown, taken, falls = _chroma(ab), self._of_orange(ab), self._falls()
        rising = (shown - calm).clamp(min=0) * taken / (1 - taken)  # what was taken, if chroma was below most
        falling = (meant - shown).clamp(min=0) * taken * falls / (1 + taken * falls)
        ab = ab * (1 + torch.minimum(rising, falling) / shown)
        a, b = (ab / self.chroma).split(1, 1)
        return torch.cat([a / self._of_violet(a, b), b], 1)

    @staticmethod
    def _falls() -> float:
        """How much less is taken back for each unit of chroma, between most and meant."""
        calm, most, meant = ORANGE_CHROMA
        return (most - calm) / (meant - most)

    def _of_violet(self, a: Tensor, b: Tensor) -> Tensor:
        begins, full, fades, ends = VIOLET
        share = ((begins - b) / (begins - full)).clamp(0, 1) * ((b - ends) / (fades - ends)).clamp(0, 1)
        return 1 - self.violet * share * (a > 0).to(a.dtype)

    def _of_orange(self, ab: Tensor) -> Tensor:
        """What share is taken back: of the hue alone, which stays, so it can be undone."""
        a, b = ab.split(1, 1)
        near = (a * math.cos(ORANGE) + b * math.sin(ORANGE)) / _chroma(ab)
        share: Tensor = ((near - ORANGE_ENDS) / (ORANGE_FULL - ORANGE_ENDS)).clamp(0, 1)
        return self.orange * share


def _chroma(ab: Tensor) -> Tensor:
    return (ab.square().sum(1, keepdim=True) + 1e-6).sqrt()
