import numpy as np
import pytest

from colorizing_things.color.resampling import bicubic_matrix, enlarge


@pytest.mark.parametrize(("small", "large"), [(1, 1), (1, 7), (5, 5), (7, 3), (40, 333)])
def test_enlarging_keeps_constants_and_identity(small, large):
    matrix = bicubic_matrix(small, large)
    np.testing.assert_allclose(matrix.sum(1), 1, atol=1e-5)
    if small == large:
        np.testing.assert_allclose(matrix, np.eye(small), atol=1e-6)


def test_enlarging_keeps_a_ramp_straight_inside():
    ramp = np.arange(20.0)[None].repeat(4, 0)
    wide = enlarge(ramp, 8, 80)
    expected = (np.arange(80) + 0.5) / 4 - 0.5
    np.testing.assert_allclose(wide[3, 8:-8], expected[8:-8], atol=1e-4)
