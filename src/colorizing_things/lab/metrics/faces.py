"""Faces: grey, of an odd colour, and how far from their own. Found by OpenCV's Haar cascade (Viola and Jones 2001)."""

from __future__ import annotations

import hashlib
import math
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from .base import Array, Family, FamilyMetric, Figure, Pair, Record, Rows, SetFigure, columns, percent_of_means
from .base import ratio_of_means as ratio
from .protocol import PROTOCOL

CASCADE = "haarcascade_frontalface_default.xml"
SIZE = 4  # grey, odd, sum of errors, faces
Box = tuple[int, int, int, int]  # left, top, width, height in px

_found: dict[bytes, list[Box]] = {}  # by picture: every candidate asks for the same ones


def missing_opencv() -> str | None:
    """Why faces cannot be found here, None if they can."""
    try:
        import cv2
    except ImportError:
        return "OpenCV is not installed: pip install 'opencv-python-headless<5'"
    if not hasattr(cv2, "CascadeClassifier"):
        return f"OpenCV {cv2.__version__} has no cascades: pip install 'opencv-python-headless<5'"
    return None


@cache
def _cascade() -> Any:
    import cv2

    return cv2.CascadeClassifier(str(Path(cv2.__file__).parent / "data" / CASCADE))


def find_faces(rgb: Tensor) -> list[Box]:
    """Frontal faces on the picture's grey, at least 28 px a side and found 6 times: sRGB uint8 ``[3,H,W]``."""
    import cv2

    pixels = np.ascontiguousarray(rgb.permute(1, 2, 0).cpu().numpy())
    key = hashlib.sha1(pixels.tobytes() + str(pixels.shape).encode(), usedforsecurity=False).digest()
    if key not in _found:
        gray, least = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), PROTOCOL.face_smallest
        boxes = _cascade().detectMultiScale(gray, 1.1, PROTOCOL.face_neighbours, minSize=(least, least))
        _found[key] = [(int(x), int(y), int(w), int(h)) for x, y, w, h in boxes]
    return _found[key]


def middle_color(lab: Tensor, box: Box) -> tuple[float, float]:
    """Median a and median b of a box's central half in both directions: Lab ``[3,H,W]``, CIELAB units."""
    x, y, w, h = box
    part = lab[1:, y + h // 4 : y + 3 * h // 4, x + w // 4 : x + 3 * w // 4].flatten(1)
    a, b = torch.quantile(part, 0.5, dim=1).tolist()
    return a, b


def hue(ab: tuple[float, float]) -> float:
    """Angle in the ab plane, -180 to 180 degrees; skin lies about 50.

    Examples:
        >>> hue((10.0, 10.0))
        45.0
    """
    return math.degrees(math.atan2(ab[1], ab[0]))


def judge_face(own: tuple[float, float], real: tuple[float, float]) -> tuple[float, float, float, float] | None:
    """(grey, odd, error, 1) of one face by its median colours, or None where the real one says nothing.

    A real face counts where its chroma is over 8 and its hue 20 to 75 degrees. Grey: own chroma under 7. Odd:
    not grey, and a hue outside 10 to 85 (METHODS 17).
    """
    low, high = PROTOCOL.face_real_hues
    if math.hypot(*real) <= PROTOCOL.face_real_chroma or not low <= hue(real) <= high:
        return None
    low, high = PROTOCOL.face_hues
    gray = math.hypot(*own) < PROTOCOL.face_grey_chroma
    odd = not gray and not low <= hue(own) <= high
    return float(gray), float(odd), math.dist(own, real), 1.0


def face_sums(own_lab: Tensor, real_lab: Tensor, boxes: list[Box]) -> Array:
    """Faces that are grey, that are odd, the sum of their errors, and how many count: Lab ``[3,H,W]`` -> ``[4]``."""
    judged = [judge_face(middle_color(own_lab, box), middle_color(real_lab, box)) for box in boxes]
    sums: Array = np.array([found for found in judged if found], np.float64).reshape(-1, SIZE).sum(0)
    return sums


def _measure(pair: Pair) -> Record:
    common = pair.common
    return {"face_sums": face_sums(common.prediction_lab, common.truth_lab, find_faces(common.truth))}


def _gray(means: Array) -> Array:
    return percent_of_means(means[..., [0, 3]])


def _odd(means: Array) -> Array:
    return percent_of_means(means[..., [1, 3]])


def _error(means: Array) -> Array:
    return ratio(means[..., [2, 3]])


def _count(rows: Rows, seed: int) -> tuple[float, Array | None] | None:
    return (float(rows.own["face_sums"][:, 3].sum()), None) if "face_sums" in rows.own else None


FAMILY = Family(
    "faces",
    (
        Figure(
            "faces_grey",
            "faces grey %",
            "lower",
            "Share of the faces whose median chroma is under 7. Faces: frontal ones that OpenCV's Haar cascade finds "
            "on the real photograph's grey at a shorter side of 256 and whose central half has a real median colour "
            "of chroma over 8 and hue 20 to 75 degrees.",
            columns("face_sums"),
            _gray,
            width=SIZE,
            digits=1,
        ),
        Figure(
            "faces_odd",
            "faces odd %",
            "lower",
            "Share of the same faces that are not grey and whose median hue lies outside 10 to 85 degrees: blue, "
            "green or violet skin.",
            columns("face_sums"),
            _odd,
            width=SIZE,
            digits=1,
        ),
        Figure(
            "faces_error",
            "faces' error",
            "lower",
            "Distance in ab between own and real median colour of a face's central half, CIELAB units; mean over "
            "the same faces.",
            columns("face_sums"),
            _error,
            width=SIZE,
            digits=1,
        ),
        SetFigure(
            "faces",
            "faces",
            "none",
            "How many faces of the set the three figures before speak of; under some tens they say little.",
            _count,
            digits=0,
        ),
    ),
    _measure,
    missing_opencv,
)


class Faces(FamilyMetric):
    """Grey and odd faces and their error as a torchmetrics metric."""

    family = FAMILY
