from __future__ import annotations

import pytest

pytest.importorskip("torch")

import numpy as np

from colorizing_things.lab.evaluation.statistics import Estimate, bootstrap_means, compare, interval


def test_the_interval_of_a_mean_is_that_of_its_standard_error():
    values = np.random.default_rng(0).normal(20, 4, size=(400, 1))
    low, high = interval(bootstrap_means(values, seed=1)[:, 0])
    error = values.std(ddof=1) / np.sqrt(400)
    assert low == pytest.approx(values.mean() - 1.96 * error, abs=0.15 * error)
    assert high == pytest.approx(values.mean() + 1.96 * error, abs=0.15 * error)


def test_ninety_five_of_a_hundred_intervals_hold_the_truth():
    rng = np.random.default_rng(7)
    held = 0
    for seed in range(200):
        low, high = interval(bootstrap_means(rng.exponential(3, size=(100, 1)), seed, resamples=300)[:, 0])
        held += low <= 3 <= high
    assert 175 <= held <= 200


def test_the_seed_decides_and_the_mean_of_resamples_is_the_mean():
    terms = np.random.default_rng(0).normal(size=(50, 3))
    first = bootstrap_means(terms, seed=3)
    np.testing.assert_array_equal(first, bootstrap_means(terms, seed=3))
    assert not np.array_equal(first, bootstrap_means(terms, seed=4))
    np.testing.assert_allclose(first.mean(0), terms.mean(0), atol=0.03)


def test_columns_are_resampled_alike():
    terms = np.random.default_rng(0).normal(size=(50, 1))
    both = bootstrap_means(np.hstack([terms, 2 * terms + 1]), seed=0)
    np.testing.assert_allclose(both[:, 1], 2 * both[:, 0] + 1)


def test_a_paired_comparison_sees_what_separate_intervals_hide():
    rng = np.random.default_rng(2)
    hard = rng.normal(0, 10, size=(200, 1))  # pictures differ much, the two models little
    scores = hard + 0.3 + rng.normal(0, 0.5, size=(200, 1)), hard
    estimates = []
    for score in scores:
        resampled = bootstrap_means(score, seed=0)[:, 0]
        estimates.append(Estimate(float(score.mean()), *interval(resampled), resampled=resampled))
    assert estimates[0].low < estimates[1].high  # the intervals overlap
    difference = compare(*estimates)
    assert difference is not None and difference.clear and difference.low > 0
    assert difference.value == pytest.approx(0.3, abs=0.1)


def test_a_difference_to_oneself_is_nothing_and_not_clear():
    resampled = np.random.default_rng(0).normal(size=100)
    same = compare(Estimate(1.0, resampled=resampled), Estimate(1.0, resampled=resampled))
    assert same is not None and (same.value, same.low, same.high, same.clear) == (0, 0, 0, False)


def test_what_is_missing_is_not_compared():
    assert compare(Estimate(None, reason="no"), Estimate(1.0)) is None
    plain = compare(Estimate(3.0), Estimate(1.0))
    assert plain is not None and plain.value == 2 and plain.low is None and not plain.clear


def test_resamples_without_a_value_are_left_out():
    assert interval(np.array([1.0, 1.0, np.nan, 1.0])) == (1, 1)
