import json
from pathlib import Path

import numpy as np
import pytest

from colorizing_things.model.noise import gaussian_noise, philox

GOLDEN = json.loads((Path(__file__).parents[1] / "data" / "noise.json").read_text())


@pytest.mark.parametrize("known", GOLDEN["words"], ids=lambda known: str(known["counter"]))
def test_the_words_are_the_published_ones(known):
    counter = tuple(np.array(word, np.uint64) for word in known["counter"])
    assert [int(word) for word in philox(counter, tuple(known["key"]))] == known["words"]


@pytest.mark.parametrize("known", GOLDEN["fields"], ids=lambda known: str(known["seed"]))
def test_the_noise_is_that_of_the_golden_file(known):
    field = gaussian_noise(*(known[key] for key in ("seed", "draw", "channels", "height", "width")))
    assert field.dtype == np.float32
    np.testing.assert_allclose(field.reshape(-1), known["values"], atol=1e-6)


def test_a_larger_picture_does_not_change_what_a_place_gets():
    large = gaussian_noise(3, 1, 2, 40, 60)
    np.testing.assert_array_equal(gaussian_noise(3, 1, 2, 13, 17), large[:, :13, :17])


def test_the_noise_is_normal_and_independent():
    field = gaussian_noise(5, 0, 2, 300, 300)
    assert abs(field.mean()) < 0.01 and abs(field.std() - 1) < 0.01
    assert abs((field**3).mean()) < 0.03 and abs((field**4).mean() - 3) < 0.1
    others = [gaussian_noise(6, 0, 2, 300, 300), gaussian_noise(5, 1, 2, 300, 300), field[::-1]]
    others += [np.roll(field, 1, 1), np.roll(field, 1, 2)]
    for other in others:
        assert abs(np.corrcoef(field.ravel(), other.ravel())[0, 1]) < 0.01


def test_any_whole_number_is_a_seed():
    assert np.isfinite(gaussian_noise(-1, 0, 1, 2, 2)).all()
    np.testing.assert_array_equal(gaussian_noise(2**64, 0, 1, 2, 2), gaussian_noise(0, 0, 1, 2, 2))
