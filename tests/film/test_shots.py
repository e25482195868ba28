"""Cuts, fades and dissolves are found; flashes, flicker and fast pans are none."""

from __future__ import annotations

import numpy as np
import pytest
from films import panned

pytest.importorskip("av")
from colorizing_things.film.shots import shots

ONE, OTHER = "coffee", "astronaut"


def begins(frames):
    return [n for n, (_, is_first) in enumerate(shots(frames, lambda frame: frame)) if is_first]


def grained(frames, seed=0):
    chance = np.random.default_rng(seed)
    return [np.clip(frame + chance.normal(0, 3, frame.shape), 0, 255).astype(np.uint8) for frame in frames]


def test_cuts_are_found_where_they_are():
    frames = panned(20, name=ONE) + panned(15, name=OTHER) + panned(20, name="rocket")
    assert begins(grained(frames)) == [0, 20, 35]


def test_a_shot_of_one_frame_and_films_of_few():
    assert begins(panned(1)) == [0]
    assert begins(panned(3) + panned(3, name=OTHER)) == [0, 3]
    assert begins([]) == []


@pytest.mark.parametrize("length", [1, 2, 3])
def test_flashes_are_no_cuts(length):
    frames = grained(panned(40))
    for n in range(20, 20 + length):
        frames[n] = np.clip(frames[n] * 1.5 + 120, 0, 255).astype(np.uint8)
    assert begins(frames) == [0]


def test_something_that_hides_the_view_for_a_moment_is_no_cut():
    frames = panned(40)
    frames[20] = frames[21] = panned(1, name=OTHER)[0]
    assert begins(frames) == [0]


def test_flicker_and_fast_pans_are_no_cuts():
    chance = np.random.default_rng(1)
    flickering = [np.clip(frame * chance.uniform(0.8, 1.1), 0, 255).astype(np.uint8) for frame in panned(40)]
    assert begins(grained(flickering)) == [0]
    assert begins(grained(panned(24, step=5.0))) == [0]


@pytest.mark.parametrize("black", [1, 6])
def test_a_fade_through_black_is_the_beginning_of_a_shot(black):
    out = [frame * (1 - n / 12) for n, frame in enumerate(panned(12))]
    into = [frame * ((n + 1) / 12) for n, frame in enumerate(panned(12, name=OTHER))]
    frames = [*panned(15), *out, *[np.zeros_like(out[0])] * black, *into, *panned(15, name=OTHER)]
    found = begins(grained([np.asarray(frame) for frame in frames]))
    assert len(found) == 2 and 15 < found[1] < 15 + 24 + black


def test_a_dissolve_is_the_beginning_of_a_shot():
    one, other = panned(1)[0], panned(1, name=OTHER)[0]
    mixed = [one * (1 - n / 16) + other * (n / 16) for n in range(1, 16)]
    found = begins(grained([one] * 20 + mixed + [other] * 20))
    assert len(found) == 2 and 22 <= found[1] <= 33


def test_codes_of_16_bits_are_judged_alike():
    frames = [frame.astype(np.uint16) << 8 for frame in panned(12) + panned(12, name=OTHER)]
    assert begins(frames) == [0, 12]
