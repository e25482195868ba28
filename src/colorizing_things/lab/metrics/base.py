"""What a metric is made of: what it keeps of one picture, and the figures that it draws from a set.

Every figure but the feature distances is a function of *means over pictures* of a few numbers a picture (its
terms). That one idea carries everything else: the benchmark keeps the numbers, workers may measure in any
order, the bootstrap is a matrix product, processes of a distributed run add up sums, and two models are
compared on the same resamples.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Literal

import kornia.color
import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from torch import Tensor
from torchmetrics import Metric

from .protocol import PROTOCOL

Array = npt.NDArray[np.floating]
Record = dict[str, Array]  # what is kept of one picture: short arrays by name
Table = Mapping[str, Array]  # the same, stacked over the pictures of a set: ``[N, ...]``
Direction = Literal["higher", "lower", "real", "none"]  # "real": as near to the real photographs' value as may be


class Pair:
    """One prediction beside the real photograph, with what several metrics need of both, computed once."""

    def __init__(
        self,
        prediction: Tensor,
        truth: Tensor,
        confidence: Tensor | None = None,
        samples: Sequence[Tensor] = (),
    ) -> None:
        """Take one picture.

        Args:
            prediction: sRGB uint8 ``[3,H,W]``.
            truth: the real photograph, sRGB uint8 ``[3,H,W]``.
            confidence: ``[H,W]`` in 0..1, the predicted chance that the ab error is under 10.
            samples: further colourings of the same picture, each like ``prediction``.
        """
        self.prediction, self.truth = prediction, truth
        self.confidence, self.samples = confidence, samples

    @cached_property
    def prediction_lab(self) -> Tensor:
        """CIELAB of the prediction, ``[3,H,W]`` float32."""
        return to_lab(self.prediction)

    @cached_property
    def truth_lab(self) -> Tensor:
        """CIELAB of the real photograph, ``[3,H,W]`` float32."""
        return to_lab(self.truth)

    @cached_property
    def ab_distance(self) -> Tensor:
        """Euclidean distance in ab of every pixel, ``[H,W]``."""
        return ab_distance(self.prediction_lab, self.truth_lab)

    @cached_property
    def common(self) -> Pair:
        """Both pictures at the protocol's common shorter side (256), where what people score is measured."""
        if min(self.truth.shape[-2:]) == PROTOCOL.common_side:
            return self
        side = PROTOCOL.common_side
        return Pair(at_shorter_side(self.prediction, side), at_shorter_side(self.truth, side))


def to_lab(rgb: Tensor) -> Tensor:
    """SRGB uint8 ``[...,3,H,W]`` -> CIELAB float32, L* in 0..100 (D65)."""
    return kornia.color.rgb_to_lab(rgb.float() / 255)


def ab_distance(first: Tensor, second: Tensor) -> Tensor:
    """Euclidean distance in ab, pixel by pixel: Lab ``[...,3,H,W]`` twice -> ``[...,H,W]``.

    Examples:
        >>> gray, blue = (torch.tensor(lab).reshape(3, 1, 1) for lab in ([50.0, 0, 0], [70.0, 3, -4]))
        >>> ab_distance(gray, blue).tolist()
        [[5.0]]
    """
    distance: Tensor = torch.linalg.vector_norm(first[..., 1:, :, :] - second[..., 1:, :, :], dim=-3)
    return distance


def chroma_of(lab: Tensor) -> Tensor:
    """Distance from grey in ab, pixel by pixel: Lab ``[...,3,H,W]`` -> ``[...,H,W]``, CIELAB units.

    Examples:
        >>> chroma_of(torch.tensor([70.0, 3, -4]).reshape(3, 1, 1)).tolist()
        [[5.0]]
    """
    chroma: Tensor = torch.linalg.vector_norm(lab[..., 1:, :, :], dim=-3)
    return chroma


def at_shorter_side(rgb: Tensor, side: int) -> Tensor:
    """A picture brought to another size by averaging areas: sRGB uint8 ``[3,H,W]`` -> ``[3,h,w]``, min(h, w) = side."""
    scale = side / min(rgb.shape[-2:])
    size = [round(length * scale) for length in rgb.shape[-2:]]
    return F.interpolate(rgb[None].float(), size=size, mode="area")[0].round().to(torch.uint8)


@dataclass(frozen=True)
class Rows:
    """The tables that a figure may look at: the candidate's own, the real photographs', the grey floor's."""

    own: Table
    real: Table
    gray: Table


def first_mean(means: Array) -> Array:
    """The first term's mean: the figure of metrics that have one number a picture."""
    return means[..., 0]


def ratio_of_means(means: Array) -> Array:
    """First mean over second: pooled over all pictures, no mean of ratios. NaN where nothing counts."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return means[..., 0] / means[..., 1]


def percent_beside(means: Array) -> Array:
    """How far the first mean lies above the second, in percent of that; NaN where the second is 0.

    Examples:
        >>> float(percent_beside(np.array([15.0, 10.0])))
        50.0
    """
    return 100 * (ratio_of_means(means) - 1)


def percent_of_means(means: Array) -> Array:
    """:func:`ratio_of_means` in percent."""
    return 100 * ratio_of_means(means)


@dataclass(frozen=True)
class Figure:
    """One number of the table.

    ``terms`` gives the numbers a picture, ``[N]`` or ``[N,K]``, or None where the candidate has none of it;
    ``combine`` maps their means ``[..., K]`` to the figure ``[...]``.
    """

    key: str
    title: str
    direction: Direction
    meaning: str  # definition, range, source: one paragraph of the report
    terms: Callable[[Rows], Array | None]
    combine: Callable[[Array], Array] = first_mean
    width: int = 1  # K
    digits: int = 2
    ranks_pictures: bool = False  # the report shows the best, median and worst pictures by it
    absent: str = "the candidate does not give it"  # what the report says where ``terms`` has None

    def table_of_terms(self, rows: Rows) -> Array | None:
        """Terms as ``[N,K]``."""
        terms = self.terms(rows)
        return None if terms is None else np.asarray(terms, np.float64).reshape(len(terms), -1)


def column(name: str) -> Callable[[Rows], Array | None]:
    """Terms that are one recorded number, or None where it was not recorded."""
    return lambda rows: rows.own.get(name)


def columns(*names: str) -> Callable[[Rows], Array | None]:
    """Terms that are several recorded numbers or short arrays beside each other, or None where one is missing."""

    def terms(rows: Rows) -> Array | None:
        if any(name not in rows.own for name in names):
            return None
        return np.concatenate([np.reshape(rows.own[name], (len(rows.own[name]), -1)) for name in names], axis=1)

    return terms


@dataclass(frozen=True)
class SetFigure:
    """A number of the whole set that no mean over pictures gives: the distances between feature clouds.

    ``compute`` returns the value and its resampled values ``[R]``, or None in place of these where no honest
    interval exists.
    """

    key: str
    title: str
    direction: Direction
    meaning: str
    compute: Callable[[Rows, int], tuple[float, Array | None] | None]  # of the rows and a seed
    digits: int = 2
    ranks_pictures: bool = False


def nothing(pair: Pair) -> Record:
    """For families that draw on what another family has recorded."""
    return {}


def always() -> None:
    """For families that need nothing which may be missing."""
    return None


@dataclass(frozen=True)
class Family:
    """Metrics that are measured together: what to keep of a picture, and the figures drawn from it."""

    name: str
    figures: tuple[Figure | SetFigure, ...]
    measure: Callable[[Pair], Record] = nothing
    missing: Callable[[], str | None] = always  # why it cannot be measured here, None if it can
    network: bool = False  # measuring runs a feature network


class FamilyMetric(Metric):
    """A family as a torchmetrics metric: feed it batches anywhere, also in several processes.

    Its states are sums, so a distributed run reduces them by adding. ``compute`` returns a dict from the
    figure's key to its value.
    """

    family: ClassVar[Family]
    count: Tensor
    is_differentiable = False
    full_state_update = False

    def __init__(self, **kwargs: Any) -> None:
        """Keyword arguments are those of :class:`torchmetrics.Metric`."""
        super().__init__(**kwargs)
        self.figures = [figure for figure in self.family.figures if isinstance(figure, Figure)]
        for figure in self.figures:
            start = torch.zeros(figure.width, dtype=torch.float64)
            self.add_state(f"sum_{figure.key}", start, dist_reduce_fx="sum")
        self.add_state("count", torch.zeros(1, dtype=torch.float64), dist_reduce_fx="sum")

    def update(self, prediction: Tensor, truth: Tensor, confidence: Tensor | None = None) -> None:
        """Take a batch: sRGB uint8 ``[N,3,H,W]`` twice, and confidence ``[N,H,W]`` where it is used."""
        for i in range(len(prediction)):
            pair = Pair(prediction[i], truth[i], None if confidence is None else confidence[i])
            own = {key: value[None] for key, value in self.family.measure(pair).items()}
            for figure in self.figures:
                terms = figure.table_of_terms(Rows(own, own, own))
                if terms is not None:
                    state = f"sum_{figure.key}"
                    setattr(self, state, getattr(self, state) + torch.from_numpy(terms[0]).to(self.count.device))
            self.count += 1

    def compute(self) -> dict[str, float]:
        """Every figure of the family over what was seen so far."""
        means = {f.key: (getattr(self, f"sum_{f.key}") / self.count).cpu().numpy() for f in self.figures}
        return {figure.key: float(figure.combine(means[figure.key])) for figure in self.figures}


def number(value: Tensor | float) -> Array:
    """One number as a record keeps it."""
    return np.asarray(float(value), np.float64)
