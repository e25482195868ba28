"""What is measured on films, against closed forms; and the true motion of generated ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("torch")
from colorizing_things.film.motion import warp
from colorizing_things.lab.film_evaluation import scenes as made_of
from colorizing_things.lab.film_evaluation.measures import (
    distribution_consistency,
    frame_distance,
    histograms,
    warping_error,
)
from colorizing_things.lab.film_evaluation.scenes import SCRIPTS, scenes


def test_a_field_that_moves_with_the_flow_has_no_warping_error():
    before = np.random.default_rng(0).normal(0, 10, (40, 50, 2)).astype(np.float32)
    flow = np.full((40, 50, 2), (2, -1), np.float32)
    seen = np.zeros((40, 50), bool)
    seen[5:-5, 5:-5] = True
    moved = warp(before, flow)
    assert warping_error(moved, before, flow, seen) == 0
    assert warping_error(moved + np.float32(3), before, flow, seen) == pytest.approx(18)  # 3 in a, and in b
    assert np.isnan(warping_error(moved, before, flow, np.zeros_like(seen)))


def test_colour_distributions_are_0_apart_where_equal_and_ln_2_where_disjoint():
    black, white = (np.full((8, 8, 3), code, np.uint8) for code in (0, 255))
    shares = [histograms(frame) for frame in (black, black, white)]
    assert distribution_consistency(shares[:2], 1) == 0
    assert distribution_consistency(shares, 1) == pytest.approx(np.log(2) / 2)
    assert distribution_consistency(shares, 2) == pytest.approx(np.log(2))


@pytest.mark.parametrize("name", ["two pass a cat", "pan over a face"])
def test_the_true_flow_of_a_generated_film_leads_to_the_frame_before(name, monkeypatch):
    monkeypatch.setattr(made_of, "GRAIN", 0.0)
    made = list(scenes(replace(SCRIPTS[name], frames=26), 400, 300))
    one, other = made[25], made[24].rgb.astype(np.float32)
    apart, left = (np.abs(before - one.rgb)[one.seen].mean() for before in (other, warp(other, one.flow)))
    assert one.seen.mean() > 0.8
    assert left < 0.6 * apart
    assert not made[0].seen.any()


def test_a_frames_distance_is_its_own_and_no_other_frames():
    """One feature, 0 and 1: (0 + 1)^3 + (1 + 1)^3 - 2 (0 + 1)^3 = 7."""
    one, other = np.array([[0.0], [1.0]], np.float32), np.array([[1.0], [1.0]], np.float32)
    assert frame_distance(one, other) == pytest.approx(1000 * (7 + 0) / 2)
    assert frame_distance(one, one) == 0 and frame_distance(one, one[::-1]) == pytest.approx(7000)
