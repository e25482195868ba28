import numpy as np

from colorizing_things.color.gamut import ab_bins, max_chroma_at, pull_into_gamut
from colorizing_things.color.spaces import lab_to_linear, srgb_to_lab

# a: lowest b, highest b of the 313 published bins (Zhang et al. 2016, released with their code).
ROWS = {
    -90: (50, 90), -80: (20, 90), -70: (0, 90), -60: (-20, 90), -50: (-30, 100), -40: (-40, 100), -30: (-50, 100),
    -20: (-50, 100), -10: (-60, 100), 0: (-70, 100), 10: (-80, 90), 20: (-80, 90), 30: (-90, 90), 40: (-100, 90),
    50: (-100, 80), 60: (-110, 80), 70: (-110, 80), 80: (-110, 70), 90: (-110, 70), 100: (-90, 0),
}  # fmt: skip


def test_the_313_bins_are_the_published_ones():
    expected = [(a, b) for a, (low, high) in ROWS.items() for b in range(low, high + 1, 10)]
    assert len(expected) == 313
    assert [tuple(row) for row in ab_bins().tolist()] == expected


def test_261_bins_win_a_nearest_bin_vote_of_some_colour():
    level = np.linspace(0, 1, 52)
    rgb = np.stack(np.meshgrid(level, level, level), -1).reshape(-1, 3)
    ab = srgb_to_lab(rgb)[:, 1:].astype(np.float32)
    bins = ab_bins()
    winners = set()
    for part in np.array_split(ab, 50):
        winners |= set(np.square(part[:, None] - bins[None]).sum(-1).argmin(1).tolist())
    assert 255 <= len(winners) <= 261


def test_pulling_in_keeps_hue_and_lands_on_the_edge():
    rng = np.random.default_rng(0)
    L, a, b = rng.uniform(5, 95, 2000), rng.uniform(-110, 110, 2000), rng.uniform(-110, 110, 2000)
    new_a, new_b = pull_into_gamut(L, a, b)
    linear = lab_to_linear(np.stack([L, new_a, new_b], -1))
    assert linear.min() > -1e-3 and linear.max() < 1 + 1e-3
    np.testing.assert_allclose(np.arctan2(new_b, new_a), np.arctan2(b, a), atol=1e-6)
    moved = np.hypot(new_a, new_b) < np.hypot(a, b) - 1e-6
    assert moved.any() and not moved.all()
    edge = np.minimum(np.abs(linear), np.abs(1 - linear)).min(-1)
    assert edge[moved].max() < 1e-2


def test_no_chroma_at_black_and_white():
    assert max_chroma_at(np.array([0.0, 100.0]), np.array([1.0, 1.0])).max() < 0.1
