import numpy as np

from colorizing_things.color.gamut import max_chroma_at, pull_into_gamut
from colorizing_things.color.spaces import lab_to_linear


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
