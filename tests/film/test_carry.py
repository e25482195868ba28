"""Colours along motion: steadier than the evidence, as sharp, not paler, and never from another shot."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

pytest.importorskip("av")
cv2 = pytest.importorskip("cv2")
from colorizing_things.film.carry import APART, Carrier, Prediction  # noqa: E402
from colorizing_things.film.motion import Motion, halved, joined, trust, warp  # noqa: E402

HEIGHT, WIDTH, RADIUS = 144, 192, 26
RED, GREEN = (50.0, 30.0), (-25.0, 20.0)


def texture(seed, height=HEIGHT, width=WIDTH):
    noise = np.random.default_rng(seed).normal(0, 1, (height, width)).astype(np.float32)
    smooth = cv2.GaussianBlur(noise, (0, 0), 2)
    return smooth / smooth.std() * 30


def ball_at(number):
    return 40 + 3 * number, 70 + number // 2


def scene(number):
    """A textured red ball that moves over a textured green ground: grey, and true ab at half the size."""
    x, y = ball_at(number)
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    inside = np.hypot(columns - x, rows - y) < RADIUS
    ball = np.roll(texture(2), (y, x), (0, 1))
    gray = np.clip(np.where(inside, 160 + ball, 100 + texture(1)), 0, 255).astype(np.uint8)
    ab = np.where(inside, np.array(RED)[:, None, None], np.array(GREEN)[:, None, None]).astype(np.float32)
    return gray, ab.reshape(2, HEIGHT // 2, 2, WIDTH // 2, 2).mean((2, 4))


def flickering(ab, seed):
    """What a network says of one frame: the truth, and a tint and blotches of this frame's own."""
    chance = np.random.default_rng(seed)
    tint = chance.normal(0, 6, (2, 1, 1))
    blotches = np.stack([cv2.resize(chance.normal(0, 8, (4, 5)), ab.shape[:0:-1]) for _ in range(2)])
    return (ab + tint + blotches).astype(np.float32)


def edge(number):
    rows, columns = np.mgrid[: HEIGHT // 2, : WIDTH // 2] * 2 + 0.5
    x, y = ball_at(number)
    return np.abs(np.hypot(columns - x, rows - y) - RADIUS) < 5


@pytest.fixture(scope="module")
def colored():
    frames = [scene(number) for number in range(40)]
    said = [flickering(ab, number) for number, (_, ab) in enumerate(frames)]
    carrier = Carrier(lambda n, small, before: Prediction(said[n]), lambda n: frames[n][0])
    found = list(carrier((n, n == 0) for n in range(len(frames))))
    return frames, said, found


def test_every_frame_comes_once_in_order_with_keys_among_them(colored):
    _, _, found = colored
    assert [one.frame for one in found] == list(range(40))
    keys = [one.frame for one in found if one.key is not None]
    assert keys[0] == 0 and keys[-1] == 39 and max(np.diff(keys)) <= APART


def test_it_is_steadier_than_the_evidence(colored):
    _, said, found = colored
    ground = np.s_[:, 55:, :]  # below the ball, still

    def unrest(fields):
        return np.mean([((one - other)[ground] ** 2).mean() for one, other in pairwise(fields)])

    assert unrest([one.ab for one in found]) < unrest(said) / 10


def test_it_is_nearer_to_the_truth_and_not_paler(colored):
    frames, said, found = colored

    def away(fields):
        return np.mean([np.hypot(*(ab - true)).mean() for ab, (_, true) in zip(fields, frames, strict=True)][16:])

    def chroma(fields):
        return np.mean([np.hypot(*ab).mean() for ab in fields])

    ours = [one.ab for one in found]
    assert away(ours) < 0.6 * away(said)
    assert chroma(ours) > 0.95 * chroma([true for _, true in frames])


def test_a_moving_ball_keeps_a_sharp_edge(colored):
    frames, said, found = colored
    at_edge = [np.hypot(*(one.ab - frames[one.frame][1]))[edge(one.frame)].mean() for one in found[16:]]
    evidence = [np.hypot(*(said[n] - frames[n][1]))[edge(n)].mean() for n in range(16, 40)]
    blurred = [
        np.hypot(*(np.mean([frames[m][1] for m in range(n - 8, n + 1)], 0) - frames[n][1]))[edge(n)].mean()
        for n in range(16, 40)
    ]
    assert np.mean(at_edge) < 1.15 * np.mean(evidence)
    assert np.mean(at_edge) < 0.6 * np.mean(blurred)


def test_nothing_comes_from_the_shot_before(colored):
    frames, _, _ = colored
    blue = np.full_like(frames[0][1], -40)
    said = [frames[0][1]] * 10 + [blue] * 10
    carrier = Carrier(lambda n, small, before: Prediction(said[n]), lambda n: frames[0][0])
    found = list(carrier((n, n in (0, 10)) for n in range(20)))
    np.testing.assert_allclose(found[9].ab, frames[0][1], atol=0.2)
    np.testing.assert_array_equal(found[10].ab, blue)


def test_flow_finds_a_shift_and_trusts_it_but_for_what_was_covered():
    ground = texture(3, 160, 200).clip(-100, 100) + 120
    one, other = ground[:144, :192].astype(np.uint8), ground[4:148, 6:198].astype(np.uint8)
    motion = Motion()
    there, back = motion(one, other), motion(other, one)
    middle = np.s_[10:-10, 10:-10]
    assert np.abs(there[middle] - (-3, -2)).mean() < 0.3  # at half the size
    assert trust(there, back, halved(one), halved(other))[middle].mean() > 0.7
    hidden = other.copy()
    hidden[40:100, 60:120] = 10
    there, back = motion(one, hidden), motion(hidden, one)
    assert trust(there, back, halved(one), halved(hidden))[26:44, 36:54].mean() < 0.2


def test_flows_join_and_carry():
    there, then = (np.full((20, 30, 2), shift, np.float32) for shift in ((2, 0), (0, 3)))
    np.testing.assert_array_equal(joined(there, then)[5, 5], (2, 3))
    field = np.arange(600, dtype=np.float32).reshape(20, 30)
    assert warp(field, there)[4, 4] == field[4, 6]
