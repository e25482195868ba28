import numpy as np
import pytest

from colorizing_things.guidance.variants import latent_codes


def test_codes_are_the_modes_and_then_draws_around_them():
    weight, modes = np.array([0.7, 0.2, 0.1]), np.repeat(np.float32([[0], [100], [200]]), 6, axis=1)
    np.testing.assert_array_equal(latent_codes(weight, modes, 2, seed=0), modes[:2])
    many = latent_codes(weight, modes, 403, seed=1)
    np.testing.assert_array_equal(many[:3], modes)
    nearest = np.abs(many[3:, None] - modes[None]).sum(2).argmin(1)
    np.testing.assert_allclose(np.bincount(nearest, minlength=3) / 400, weight, atol=0.08)
    assert (many[3:] - modes[nearest]).std() == pytest.approx(1, abs=0.1)
    np.testing.assert_array_equal(latent_codes(weight, modes, 403, seed=1), many)
    assert not np.array_equal(latent_codes(weight, modes, 403, seed=2), many)
