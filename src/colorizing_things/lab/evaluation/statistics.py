"""Intervals and paired comparisons, from one set of seeded resamples of the pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from colorizing_things.lab.metrics import FAMILIES
from colorizing_things.lab.metrics.base import Array, Figure, Rows, SetFigure
from colorizing_things.lab.metrics.protocol import PROTOCOL

CHUNK = 100  # resamples drawn at once: [100, N] counts


@dataclass(frozen=True)
class Estimate:
    """A figure with its 95% interval; ``value`` is None where it cannot be had, and ``reason`` says why.

    ``resampled`` are the values ``[R]`` of the resamples, in the same order for every candidate.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    reason: str | None = None
    resampled: Array | None = None


@dataclass(frozen=True)
class Difference:
    """First minus second candidate in one figure, on the same pictures; the interval is paired."""

    value: float
    low: float | None
    high: float | None

    @property
    def clear(self) -> bool:
        """Whether the interval leaves out 0."""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)


def bootstrap_means(terms: Array, seed: int, resamples: int = PROTOCOL.resamples) -> Array:
    """Means of the terms over resamples of the pictures: ``[N,K]`` -> ``[R,K]`` (Efron 1979).

    Pictures are drawn with replacement; the draws depend on the seed and on N alone, so that two candidates
    scored on the same pictures are resampled alike.
    """
    count = len(terms)
    rng = np.random.default_rng(seed)
    out = np.empty((resamples, terms.shape[1]))
    for start in range(0, resamples, CHUNK):
        rows = min(CHUNK, resamples - start)
        drawn = rng.multinomial(count, np.full(count, 1 / count), size=rows)
        out[start : start + rows] = drawn.astype(np.float64) @ terms / count
    return out


def interval(resampled: Array, level: float = PROTOCOL.interval) -> tuple[float, float]:
    """Percentile interval of resampled values ``[R]``; resamples without a value are left out.

    Examples:
        >>> interval(np.arange(101.0), level=0.5)
        (25.0, 75.0)
    """
    tail = (1 - level) / 2
    values = resampled[np.isfinite(resampled)]
    if values.size == 0:
        return float("nan"), float("nan")
    low, high = np.quantile(values, [tail, 1 - tail])
    return float(low), float(high)


def estimate_all(rows: Rows, seed: int) -> dict[str, Estimate]:
    """Every figure of every family for one candidate."""
    estimates: dict[str, Estimate] = {}
    stacked: list[tuple[Figure, Array]] = []
    for family in FAMILIES.values():
        reason = family.missing()
        for figure in family.figures:
            if reason is not None:
                estimates[figure.key] = Estimate(None, reason=reason)
            elif isinstance(figure, SetFigure):
                estimates[figure.key] = _estimate_set(figure, rows, seed)
            elif (terms := figure.table_of_terms(rows)) is None:
                estimates[figure.key] = Estimate(None, reason=figure.absent)
            else:
                stacked.append((figure, terms))
    estimates.update(estimate_means(stacked, seed))
    return {key: estimates[key] for family in FAMILIES.values() for key in (f.key for f in family.figures)}


def _estimate_set(figure: SetFigure, rows: Rows, seed: int) -> Estimate:
    found = figure.compute(rows, seed)
    if found is None:
        return Estimate(None, reason="too few pictures")
    value, resampled = found
    low, high = (None, None) if resampled is None else interval(resampled)
    return Estimate(value, low, high, resampled=resampled)


def estimate_means(stacked: Sequence[tuple[Figure, Array]], seed: int) -> dict[str, Estimate]:
    """All figures that are functions of means, from one pass of the bootstrap."""
    terms = np.concatenate([t for _, t in stacked], axis=1)
    resampled_means = bootstrap_means(terms, seed)
    means, edges = terms.mean(0), np.cumsum([t.shape[1] for _, t in stacked])[:-1]
    estimates = {}
    for (figure, _), mean, resampled_mean in zip(
        stacked, np.split(means, edges), np.split(resampled_means, edges, axis=1), strict=True
    ):
        value, resampled = float(figure.combine(mean)), np.asarray(figure.combine(resampled_mean))
        if not np.isfinite(value):
            estimates[figure.key] = Estimate(None, reason="no picture of the set says anything about it")
            continue
        low, high = interval(resampled)
        estimates[figure.key] = Estimate(value, low, high, resampled=resampled)
    return estimates


def compare(first: Estimate, second: Estimate) -> Difference | None:
    """First minus second, with the interval of the resamples' differences; None where one is missing."""
    if first.value is None or second.value is None:
        return None
    if first.resampled is None or second.resampled is None:
        return Difference(first.value - second.value, None, None)
    return Difference(first.value - second.value, *interval(first.resampled - second.resampled))
