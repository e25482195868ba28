"""Principal components of colour fields, found batch by batch."""

from __future__ import annotations

import torch
from torch import Tensor, nn

SPARE = 2  # times the components wanted are kept while looking, so that the last ones are right too


class PrincipalComponents(nn.Module):
    """The first ``wanted`` principal components of vectors of length ``size`` that come a batch at a time.

    Incremental as in Ross et al. 2008 (Incremental Learning for Robust Visual Tracking, section 2): the
    components so far, the new batch and the shift of the mean are decomposed together. What was seen lies in
    buffers, so that a resumed run goes on with the same components.
    """

    components: Tensor
    singular: Tensor
    mean: Tensor
    count: Tensor

    def __init__(self, wanted: int, size: int) -> None:
        super().__init__()
        self.wanted = wanted
        self.register_buffer("components", torch.zeros(SPARE * wanted, size))
        self.register_buffer("singular", torch.zeros(SPARE * wanted))
        self.register_buffer("mean", torch.zeros(size))
        self.register_buffer("count", torch.zeros((), dtype=torch.long))

    @torch.no_grad()
    def update(self, vectors: Tensor) -> None:
        """Take in ``vectors`` [N, size]."""
        vectors = vectors.float()
        before, new = int(self.count), len(vectors)
        batch_mean = vectors.mean(0)
        shift = (self.mean - batch_mean) * (before * new / (before + new)) ** 0.5
        rows = torch.cat([self.singular[:, None] * self.components, vectors - batch_mean, shift[None]])
        _, singular, components = torch.linalg.svd(rows, full_matrices=False)
        kept = min(len(self.singular), len(singular))
        self.components[:kept], self.singular[:kept] = components[:kept], singular[:kept]
        self.mean.lerp_(batch_mean, new / (before + new))
        self.count += new

    def basis(self) -> tuple[Tensor, Tensor]:
        """Orthonormal components ``[wanted, size]`` and the variance along each ``[wanted]``, largest first."""
        variance = self.singular[: self.wanted].square() / (self.count - 1).clamp_min(1)
        return self.components[: self.wanted], variance.clamp_min(1e-8)
