"""What is measured on coloured films: pure functions on a few frames at a time."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from colorizing_things.film.motion import warp
from colorizing_things.types import Float32, FloatArray

BINS = 256
STEPS = (1, 2, 4)  # frames apart, of the colour distribution consistency


def warping_error(ab: Float32, before: Float32, flow: Float32, seen: npt.NDArray[np.bool_]) -> float:
    """Mean square of what a frame's colours differ from the frame's before, carried along the motion.

    ``1 / N * sum over seen places of |ab - carried(before)|^2`` (Lai et al., Learning blind video temporal consistency,
    ECCV 2018, equation 8, there on RGB), in square CIELAB units: 0 (steady) upwards.

    Args:
        ab, before: ``[H,W,2]``, CIELAB units.
        flow: to the frame before, ``[H,W,2]``.
        seen: places that are seen in both, ``[H,W]``; nan where there is none.
    """
    away = ((ab - warp(before, flow)) ** 2).sum(-1)
    return float(away[seen].mean()) if seen.any() else float("nan")


def histograms(rgb: npt.NDArray[np.uint8]) -> FloatArray:
    """Shares of each code in each channel of sRGB ``[H,W,3]``: ``[3,256]``."""
    counts = [np.bincount(rgb[..., channel].reshape(-1), minlength=BINS) for channel in range(3)]
    shares: FloatArray = np.array(counts) / (rgb.shape[0] * rgb.shape[1])
    return shares


def distribution_consistency(shares: Sequence[FloatArray], step: int) -> float:
    """Mean Jensen-Shannon divergence of the colours of frames ``step`` apart, in nats: 0 to ln 2.

    ``CDC`` is its mean over steps of 1, 2 and 4 (Liu et al., Temporally consistent video colorization with deep feature
    propagation and self-regularization learning, 2021, equations 13 and 14). Low is steady; a pale film is, too.

    Args:
        shares: :func:`histograms` of every frame.
        step: frames apart.
    """
    found = [_divergence(one, other) for one, other in zip(shares, shares[step:], strict=False)]
    return float(np.mean(found)) if found else float("nan")


def _divergence(one: FloatArray, other: FloatArray) -> float:
    middle = (one + other) / 2
    return float(np.mean(_entropy(middle) - (_entropy(one) + _entropy(other)) / 2))


def _entropy(shares: FloatArray) -> FloatArray:
    logarithms = np.log(np.where(shares > 0, shares, 1))
    return np.asarray(-(shares * logarithms).sum(-1))


def frame_distance(own: Float32, true: Float32) -> float:
    """Mean square of how far each frame is from its own original, in the space of the kernel distance, x 1000.

    The kernel distance of two sets counts variety within them for good, and frames of one film vary by little but
    flicker. Here each frame is judged by itself.

    Args:
        own, true: features of frames, ``[N,D]``, row by row (:func:`.metrics.distances.features_of`).
    """

    def kernel(one: Float32, other: Float32) -> FloatArray:
        products = np.einsum("nd,nd->n", one, other, dtype=np.float64)
        return np.asarray((products / one.shape[1] + 1) ** 3)

    return float((kernel(own, own) + kernel(true, true) - 2 * kernel(own, true)).mean() * 1000)


def estimated_motion(
    gray: npt.NDArray[np.uint8], before: npt.NDArray[np.uint8]
) -> tuple[Float32, npt.NDArray[np.bool_]]:
    """Flow to the frame before, where nobody knows the true one, and where it returns: DIS at its finest."""
    estimator = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    flow, back = (
        np.asarray(estimator.calc(*pair, None), np.float32)  # type: ignore[call-overload]
        for pair in ((gray, before), (before, gray))
    )
    returned = warp(back, flow)
    missed = ((flow + returned) ** 2).sum(-1)
    return flow, missed < 0.01 * ((flow**2).sum(-1) + (returned**2).sum(-1)) + 0.5
