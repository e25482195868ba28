import numpy as np

from colorizing_things.color.spaces import srgb_to_lab
from colorizing_things.lab.color.ab_bins import ab_bins

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
