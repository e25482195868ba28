"""Beside each fast path of the colours a slow, plain one: they agree on whatever comes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from colorizing_things.color.chroma import Chroma
from colorizing_things.color.gamut import max_chroma_at
from colorizing_things.color.join import L_STEPS, TURN_STEPS, Joiner, _chroma_limit
from colorizing_things.color.spaces import lab_to_linear, linear_to_srgb, srgb_to_lightness

GOLDEN = Path(__file__).parents[1] / "data" / "gamut.json"  # which the page's own table is held to as well


def plain_enlarged(field: np.ndarray, height: int, width: int) -> np.ndarray:
    """Catmull-Rom, a pixel at a time: ``[2,h,w]`` -> ``[2,height,width]``."""

    def weight(distance: float) -> float:
        d = abs(distance)
        return 1.5 * d**3 - 2.5 * d**2 + 1 if d <= 1 else -0.5 * d**3 + 2.5 * d**2 - 4 * d + 2

    rows, columns = field.shape[1:]
    out = np.zeros((2, height, width))
    for y in range(height):
        for x in range(width):
            cy, cx = (y + 0.5) * rows / height - 0.5, (x + 0.5) * columns / width - 0.5
            for ty in range(int(np.floor(cy)) - 1, int(np.floor(cy)) + 3):
                for tx in range(int(np.floor(cx)) - 1, int(np.floor(cx)) + 3):
                    held = field[:, min(max(ty, 0), rows - 1), min(max(tx, 0), columns - 1)]
                    out[:, y, x] += weight(cy - ty) * weight(cx - tx) * held
    return out


def plain_limit(row: int, column: int) -> float:
    """A cell of the table of chroma limits: the least of its four corners, each found by bisection."""
    turn = 4 * (column + np.array([0, 1, 0, 1])) / TURN_STEPS - 1
    b = np.where(turn > 1, 2 - turn, turn)
    a = np.where(turn > 1, -1, 1) * (1 - np.abs(b))
    corners = max_chroma_at(100 * (row + np.array([0, 0, 1, 1])) / L_STEPS, np.arctan2(b, a))
    return float(corners.min())


def plain_joined(field: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """sRGB codes ``[H,W,3]`` by the definitions, in double precision, a pixel at a time."""
    top = np.iinfo(codes.dtype).max
    lightness, wide = srgb_to_lightness(codes / top), plain_enlarged(field, *codes.shape)
    out = np.zeros((*codes.shape, 3))
    for y, x in np.ndindex(codes.shape):
        L, (a, b) = float(lightness[y, x]), wide[:, y, x]
        linear = lab_to_linear(np.array([L, a, b]))
        if linear.min() < -1e-4 or linear.max() > 1 + 1e-4:
            turn = b / (abs(a) + abs(b))
            turn = 2 - turn if a < 0 else turn
            cell = min(int(L * L_STEPS / 100), L_STEPS - 1), int((turn + 1) * TURN_STEPS / 4) % TURN_STEPS
            scale = min(1, plain_limit(*cell) / np.hypot(a, b))
            linear = lab_to_linear(np.array([L, a * scale, b * scale]))
        out[y, x] = linear_to_srgb(linear.clip(0, 1)) * top
    return out


@settings(max_examples=25)
@given(seed=st.integers(0, 2**32), deep=st.booleans(), spread=st.sampled_from([5, 25, 60]), step=st.integers(1, 9))
def test_strips_joined_fast_are_the_picture_joined_plainly(seed, deep, spread, step):
    rng = np.random.default_rng(seed)
    height, width, rows, columns = (int(n) for n in (*rng.integers(1, 16, 2), *rng.integers(1, 9, 2)))
    dtype = np.uint16 if deep else np.uint8
    codes = rng.integers(0, np.iinfo(dtype).max + 1, (height, width)).astype(dtype)
    field = rng.normal(0, spread, (2, rows, columns)).astype(np.float32)
    joiner = Joiner(Chroma(field), height, width, deep)
    fast = np.concatenate([joiner(top, codes[top : top + step]) for top in range(0, height, step)])
    difference = np.abs(fast - plain_joined(field, codes)).max(2) / (257 if deep else 1)  # of 255
    # Rounding; and now and then single precision finds itself in the next cell of the table.
    assert (difference > (0.2 if deep else 0.7)).sum() <= 1 + difference.size // 200


def test_the_table_of_chroma_limits_is_the_plain_limit():
    """At random cells, and at the golden ones."""
    rng = np.random.default_rng()
    golden = json.loads(GOLDEN.read_text())
    drawn = [(int(rng.integers(L_STEPS)), int(rng.integers(TURN_STEPS))) for _ in range(200)]
    for row, column in drawn:
        assert abs(_chroma_limit()[row * TURN_STEPS + column] - plain_limit(row, column)) < 1e-3, (row, column)
    for row, column, limit in golden["cells"]:
        assert abs(plain_limit(row, column) - limit) < 1e-3
    assert len(golden["cells"]) == 100


def test_no_cell_lets_a_colour_out_of_the_gamut():
    """The table's limit at any lightness and hue is not above the true one, and in the mean less than a unit below."""
    rng = np.random.default_rng()
    L, hue = rng.uniform(1, 99, 5000), rng.uniform(-np.pi, np.pi, 5000)
    a, b = np.cos(hue), np.sin(hue)
    turn = b / (np.abs(a) + np.abs(b))
    turn = np.where(a < 0, 2 - turn, turn)
    column = ((turn + 1) * TURN_STEPS / 4).astype(int) % TURN_STEPS
    above = _chroma_limit()[(L * L_STEPS / 100).astype(int) * TURN_STEPS + column] - max_chroma_at(L, hue)
    assert above.max() < 0.01 and above.mean() > -1
