"""Photographs -> (L, ab) batches, each one a pure function of the seed and the step.

That purity is what makes a resumed run equal an unbroken one: no state to save, no epoch to find again.
"""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, NamedTuple, Protocol, Self, TypeVar

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor

from colorizing_things.errors import TrainingError
from colorizing_things.lab.config.recipe import DataSettings

from .chance import Chance
from .degradation import degrade
from .photographs import Photographs
from .planes import to_lab


class Batch(NamedTuple):
    """One batch: ``L`` [N,1,S,S] in 0..100 as the network sees it, ``ab`` [N,2,S/s,S/s] in CIELAB units.

    ``clean_L`` is L before degradation: what a discriminator should see beside the real chroma. ``keys`` [N], int64,
    tell apart what ``L`` shows, where pictures are cut in fixed views.
    """

    L: Tensor
    ab: Tensor
    clean_L: Tensor
    keys: Tensor | None = None

    def to(self, device: torch.device) -> Batch:
        """The same on a device."""
        moved = [None if field is None else field.to(device) for field in self]
        return Batch(*moved)  # type: ignore[arg-type]


class Movable(Protocol):
    """What a step learns from: it can be brought to a device."""

    def to(self, device: torch.device) -> Self:
        """The same there."""


B = TypeVar("B", bound=Movable)


class BatchMaker(ABC, Generic[B]):
    """Draws batches: ``batches(step)`` returns the batch of that step, and starts making the next, one a worker."""

    def __init__(
        self, photographs: Photographs, settings: DataSettings, seed: int = 0, rank: int = 0, workers: int = 1
    ) -> None:
        big_enough = np.flatnonzero(photographs.shapes.min(axis=1) >= settings.min_side)
        if big_enough.size == 0:
            raise TrainingError(f"no training picture has a shorter side of {settings.min_side} pixels or more")
        self.photographs = photographs.subset(big_enough)
        self.settings, self.seed, self.rank = settings, seed, rank
        self.probability = source_probability(self.photographs.sources, settings.source_power)
        self.workers = workers
        self._pool = ThreadPoolExecutor(workers)
        self._ahead: dict[int, Future[B]] = {}

    def __call__(self, step: int) -> B:
        """The batch of a step; the next ones are begun behind it."""
        ready = self._ahead.pop(step, None)
        batch = ready.result() if ready is not None else self.make(step)
        following = range(step + 1, step + 1 + self.workers)
        self._ahead = {n: self._ahead.get(n) or self._pool.submit(self.make, n) for n in following}
        return batch

    def make(self, step: int) -> B:
        """The batch of one step, made here and now."""
        return self.draw(np.random.default_rng([self.seed, step, self.rank]))

    @abstractmethod
    def draw(self, rng: np.random.Generator) -> B:
        """A batch of which all that is random comes from ``rng``."""

    def close(self) -> None:
        """Stop the thread that works ahead."""
        self._pool.shutdown(cancel_futures=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Batches(BatchMaker[Batch]):
    """Squares as lightness and colours, ready to learn from."""

    def draw(self, rng: np.random.Generator) -> Batch:
        """Random squares of random pictures, some of them aged; or one of the fixed views of each."""
        settings = self.settings
        indices = rng.choice(len(self.photographs), settings.batch_size, p=self.probability)
        if settings.views:
            return self.views(indices, rng.integers(settings.views, size=len(indices)))
        crops = [random_crop(self.photographs[int(i)], settings.size, settings.min_crop, rng) for i in indices]
        clean_L, ab = to_lab(torch.stack(crops), settings.target_stride)
        chance = Chance.seeded(len(clean_L), int(rng.integers(2**63)))
        return Batch(degrade(clean_L, settings.degraded, chance), ab, clean_L)

    def views(self, indices: npt.NDArray[np.integer], numbers: npt.NDArray[np.integer]) -> Batch:
        """View ``numbers[i]`` of picture ``indices[i]``: each a function of the picture and that number alone."""
        settings, crops, keys = self.settings, [], []
        for index, number in zip(indices.tolist(), numbers.tolist(), strict=True):
            seed = [int(self.photographs.checksums[index]), int(self.photographs.offsets[index]), number]
            rng = np.random.default_rng(seed)
            crops.append(random_crop(self.photographs[index], settings.size, settings.min_crop, rng))
            digest = hashlib.blake2b(repr([*seed, settings.min_crop]).encode(), digest_size=8).digest()
            keys.append(int.from_bytes(digest, signed=True))
        L, ab = to_lab(torch.stack(crops), settings.target_stride)
        return Batch(L, ab, L, torch.tensor(keys))


def source_probability(sources: list[str], power: float) -> npt.NDArray[np.float64]:
    """Probability of each picture, so that a source of n pictures weighs n ** power."""
    count = Counter(sources)
    weight = np.array([count[s] ** (power - 1) for s in sources])
    share: npt.NDArray[np.float64] = weight / weight.sum()
    return share


def random_crop(pixels: npt.NDArray[np.uint8], size: int, min_crop: float, rng: np.random.Generator) -> Tensor:
    """A random square of the picture, flipped half of the time: float 0..1 ``[3, size, size]``."""
    height, width = pixels.shape[:2]
    side = max(1, round(min(height, width) * rng.uniform(min_crop, 1)))
    top, left = rng.integers(height - side + 1), rng.integers(width - side + 1)
    crop = pixels[top : top + side, left : left + side]
    if rng.random() < 0.5:
        crop = crop[:, ::-1]
    tensor = torch.from_numpy(crop.copy()).permute(2, 0, 1)[None].float() / 255
    if side != size:
        tensor = F.interpolate(tensor, size=(size, size), mode="bilinear", antialias=True, align_corners=False)
    return tensor[0]
