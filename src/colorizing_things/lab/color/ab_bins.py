"""The 313 bins of the ab plane that cover the sRGB gamut (Zhang, Isola, Efros 2016)."""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

from colorizing_things.color.spaces import srgb_to_lab

BIN_WIDTH = 10  # ab units; Zhang, Isola, Efros 2016, section 2.1
Point = tuple[float, float]


@cache
def ab_bins() -> npt.NDArray[np.float32]:
    """Centres of the 313 ab bins, ``[313, 2]`` in CIELAB units, sorted by a then b (Zhang et al. 2016, 2.1).

    The rule: project the sRGB cube onto the ab plane, take its convex hull, and keep the corners of every
    10 x 10 cell that the hull overlaps. It reproduces the published table without shipping it.

    Examples:
        >>> ab_bins().shape
        (313, 2)
    """
    hull = convex_hull(_cube_surface_ab())
    corners = set()
    for a in range(-120, 120, BIN_WIDTH):
        for b in range(-120, 120, BIN_WIDTH):
            if _overlap_area(hull, a, b) > 1e-9:
                corners |= {(a + i, b + j) for i in (0, BIN_WIDTH) for j in (0, BIN_WIDTH)}
    return np.array(sorted(corners), dtype=np.float32)


def _cube_surface_ab() -> npt.NDArray[np.float64]:
    """The ab of the six faces of the 8-bit sRGB cube: its interior cannot add to the hull."""
    level = np.linspace(0, 1, 256)
    u, v = np.meshgrid(level, level)
    faces = [
        np.insert(np.stack([u, v], -1), axis, side, axis=-1).reshape(-1, 3) for axis in range(3) for side in (0.0, 1.0)
    ]
    return srgb_to_lab(np.concatenate(faces))[:, 1:].astype(np.float64)


def convex_hull(points: npt.NDArray[np.float64]) -> list[Point]:
    """Convex hull of ``[N, 2]`` points, counter-clockwise (Andrew's monotone chain).

    Only the lowest and highest b of every hundredth of a unit of a are looked at: hundreds of thousands of
    points become thousands, and the hull moves by less than that hundredth.

    Examples:
        >>> convex_hull(np.array([[0.0, 0], [1, 0], [1, 1], [0, 1], [0.5, 0.5]]))
        [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)]
    """
    order = points[np.lexsort((points[:, 1], np.round(points[:, 0], 2)))]
    key = np.round(order[:, 0], 2)
    first = np.r_[True, key[1:] != key[:-1]]
    candidates = np.unique(np.concatenate([order[first], order[np.r_[first[1:], True]]]), axis=0).tolist()

    def chain(sequence: list[list[float]]) -> list[Point]:
        kept: list[Point] = []
        for x, y in sequence:
            while len(kept) > 1:
                (x0, y0), (x1, y1) = kept[-2:]
                if (x1 - x0) * (y - y0) - (y1 - y0) * (x - x0) > 0:
                    break
                kept.pop()
            kept.append((x, y))
        return kept[:-1]

    return chain(candidates) + chain(candidates[::-1])


def _overlap_area(polygon: list[Point], a: float, b: float) -> float:
    """Area of a convex polygon inside the bin-sized cell at (a, b): Sutherland-Hodgman, then the shoelace."""
    for axis, limit, sign in ((0, a, 1), (0, a + BIN_WIDTH, -1), (1, b, 1), (1, b + BIN_WIDTH, -1)):
        clipped: list[Point] = []
        for p, q in zip(polygon, polygon[1:] + polygon[:1], strict=True):
            dp, dq = sign * (p[axis] - limit), sign * (q[axis] - limit)
            if dp >= 0:
                clipped.append(p)
            if (dp > 0 > dq) or (dp < 0 < dq):
                t = dp / (dp - dq)
                clipped.append((p[0] + t * (q[0] - p[0]), p[1] + t * (q[1] - p[1])))
        polygon = clipped
        if not polygon:
            return 0.0
    x, y = np.array(polygon).T
    return float(abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2)
