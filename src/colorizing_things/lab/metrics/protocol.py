"""The one frozen protocol: what every score in this room is computed with.

The numbers lie in ``protocol.json``, so that a result can carry them and a reader can compare them. Whoever
changes one, or changes what a metric computes, raises ``version``: journals of the old version are then not
mixed with the new one.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt

from colorizing_things.errors import SettingError


@dataclass(frozen=True)
class Protocol:
    """The settings of every metric; see the metrics themselves for what each means."""

    name: str
    version: int
    scoring: str
    input: str
    crop: str
    auc_last_threshold: int  # ab units; thresholds are the integers from 0 to this one
    prior_sigma: float  # ab units
    prior_uniform: float  # lambda of Zhang et al. 2016, equation 4
    prior_sha256: str  # of prior_313.json
    near_grey_colourfulness: float  # pictures under this absolute colourfulness count as near-grey
    confident_error: float  # ab units: confidence is the chance that the error is under this
    calibration_bins: int
    edge_gradient: float  # L units a pixel, at a shorter side of edge_side
    edge_radius: int  # pixels, at a shorter side of edge_side
    edge_side: int
    common_side: int  # px, the shorter side at which what people score is measured: the figures from here to faces
    stain_chromas: tuple[float, ...]  # ab units: error and own chroma both above are a stain
    rich_chroma: float  # ab units: real colours above this are rich
    colorless_chroma: float  # ab units: a rich colour that comes out under this is colorless
    face_smallest: int  # px a side
    face_neighbours: int  # overlapping finds that make a face
    face_real_chroma: float  # ab units: real faces under this are not looked at
    face_real_hues: tuple[float, float]  # degrees: nor those outside of these
    face_grey_chroma: float  # ab units: a face under this is grey
    face_hues: tuple[float, float]  # degrees: one that is not, and is outside of these, is odd
    outline_shares: tuple[float, float]  # of the picture: objects whose outlines are looked at
    outline_margin: int  # px at common_side, on both sides of an outline: not counted
    wilful_distance: float  # ab units: how far a wilful hint is at least from what is shown
    recognised_probability: float  # semantic agreement looks at pictures that the classifier is this sure of
    feature_side: int
    feature_sha256: str  # of mobilenet_v2.safetensors
    sample_counts: tuple[int, ...]  # error-of-best is reported for these numbers of colourings
    resamples: int
    interval: float
    kernel_subsets: int

    def as_dict(self) -> dict[str, Any]:
        """The protocol as JSON takes it."""
        return dataclasses.asdict(self)


def _load() -> Protocol:
    values = json.loads((files(__package__) / "protocol.json").read_text(encoding="utf-8"))
    for key, value in values.items():
        values[key] = tuple(value) if isinstance(value, list) else value
    return Protocol(**values)


PROTOCOL = _load()


@cache
def training_prior() -> npt.NDArray[np.float64]:
    """Share of each of the 313 ab bins among the training pictures' pixels, ``[313]``, not smoothed.

    Shipped, not computed: rebalanced scores depend on it. Made by ``objectives.classification.ab_prior`` over
    all training pictures (nearest bin, every fourth pixel in both directions).
    """
    data = (files(__package__) / "prior_313.json").read_bytes()
    if hashlib.sha256(data).hexdigest() != PROTOCOL.prior_sha256:
        raise SettingError("metrics/prior_313.json: not the prior that protocol.json names; reinstall the package")
    return np.array(json.loads(data)["share"], dtype=np.float64)
