"""Motion between frames: dense optical flow, how far it is to be trusted, and fields carried along it.

A flow from one frame to another is ``[h,w,2]``, float32: what is at ``(x, y)`` in the one is at ``(x, y) + flow`` in
the other. Fields of other sizes go along :func:`resized_flow`.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from colorizing_things.types import Codes, Float32

# A flow and the one back should cancel out: within a share of their length and a part of a pixel (Sundaram, Brox and
# Keutzer, Dense point trajectories by GPU-accelerated large displacement optical flow, ECCV 2010, equation 5).
SHARE, PIXEL = 0.01, 0.5
UNLIKE = 12.0  # codes of 255 by which a place may look otherwise than where it came from
TORN = 0.5  # px of flow a px: at the edge of a thing that moves, neither side's motion is quite right


class Motion:
    """Estimates flow between small frames of one size, at half of it: no field of colour is finer."""

    def __init__(self) -> None:
        self._flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
        self._flow.setFinestScale(1)  # half the size: at a quarter, as the preset has it, edges of things are smeared

    def __call__(self, one: Codes, other: Codes) -> Float32:
        """From one frame to another, both uint8 ``[h,w]`` (Kroeger et al., Fast optical flow using dense inverse
        search, ECCV 2016)."""
        flow = self._flow.calc(one, other, None)  # type: ignore[call-overload]
        return resized_flow(np.asarray(flow, np.float32), *halved(one).shape)


def halved(small: Codes) -> Float32:
    """A small frame at half its size."""
    height, width = small.shape
    size = (-(-width // 2), -(-height // 2))
    return np.asarray(cv2.resize(small, size, interpolation=cv2.INTER_AREA), np.float32)


@lru_cache(maxsize=4)
def places(height: int, width: int) -> Float32:
    """``[h,w,2]``: every place's own x and y."""
    rows, columns = np.mgrid[:height, :width].astype(np.float32)
    return np.stack([columns, rows], axis=-1)


def warp(field: Float32, flow: Float32) -> Float32:
    """What a field of another frame, ``[h,w]`` or ``[h,w,C]``, has where ``flow`` leads: this frame's own then."""
    x, y = np.moveaxis(places(*flow.shape[:2]) + flow, 2, 0)
    return np.asarray(cv2.remap(field, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32)


def joined(first: Float32, then: Float32) -> Float32:
    """The flow along two: from this frame to a second, and on from there to a third."""
    return first + warp(then, first)


def trust(there: Float32, back: Float32, here_luma: Float32, there_luma: Float32) -> Float32:
    """How far a flow is to be trusted at each place of the frame it starts from: 0 to 1, ``[h,w]``.

    Little where the flow back does not return, where it leaves the picture, where what it leads to looks otherwise,
    and where motion is torn.
    """
    height, width = there.shape[:2]
    returned = warp(back, there)
    missed = ((there + returned) ** 2).sum(-1)
    allowed = SHARE * ((there**2).sum(-1) + (returned**2).sum(-1)) + PIXEL
    found = np.exp(-missed / allowed)
    found *= likeness(here_luma, there_luma, there)
    found *= np.exp(-_torn(there) / TORN**2)
    at = places(height, width) + there
    outside = (at[..., 0] < 0) | (at[..., 1] < 0) | (at[..., 0] > width - 1) | (at[..., 1] > height - 1)
    found[outside] = 0
    return np.asarray(found, np.float32)


def likeness(here_luma: Float32, there_luma: Float32, there: Float32) -> Float32:
    """How far places look as where a flow leads to: 0 to 1, ``[h,w]``."""
    unlike = warp(there_luma, there) - here_luma
    unlike -= np.median(unlike)  # the light may change
    return np.asarray(np.exp(-((cv2.blur(unlike, (3, 3)) / UNLIKE) ** 2)), np.float32)


def _torn(flow: Float32) -> Float32:
    """Square of how much a flow changes from one place to the next."""
    slopes = (cv2.Sobel(flow, cv2.CV_32F, *order, scale=0.125) for order in ((1, 0), (0, 1)))
    return np.asarray(sum((slope**2).sum(-1) for slope in slopes), np.float32)


def resized_flow(flow: Float32, height: int, width: int) -> Float32:
    """A flow for fields of another size."""
    scale = np.array([width / flow.shape[1], height / flow.shape[0]], np.float32)
    return np.asarray(cv2.resize(flow, (width, height), interpolation=cv2.INTER_AREA) * scale, np.float32)
