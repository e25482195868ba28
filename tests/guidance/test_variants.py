"""Variants of models without noise: codes around a network's modes, and colours drawn from its classes."""

import numpy as np
import pytest

pytest.importorskip("onnx")
from skimage import data
from tiny_models import BINS, binned_model

from colorizing_things import Colorizer, Hint
from colorizing_things.guidance import variants
from colorizing_things.guidance.hints import ab_of_color
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


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    return Colorizer(binned_model(tmp_path_factory.mktemp("models") / "bins")).session(data.coffee())


def test_the_first_is_what_is_shown_and_the_others_are_the_likeliest_draws_first(session):
    drawn = session.variants(6, 1)
    np.testing.assert_array_equal(drawn[0].ab, session.predict().ab)
    pairs = [variants._one(session.seen, np.random.default_rng([1, number]), None) for number in range(1, 6)]
    for found, (chroma, _) in zip(drawn[1:], sorted(pairs, key=lambda pair: -pair[1]), strict=True):
        np.testing.assert_array_equal(found.ab, chroma.ab)
    assert len({round(likelihood, 6) for _, likelihood in pairs}) > 3  # or else any order would do


def test_a_draw_gives_places_a_colour_of_the_bins(session):
    changed = [np.abs(one.ab - session.predict().ab).max(0) > 1e-3 for one in session.variants(4, 2)[1:]]
    for one, where in zip(session.variants(4, 2)[1:], changed, strict=True):
        assert 9 <= where.sum() <= variants.ROUNDS * 25
        places = one.ab[:, where].T
        nearest = np.linalg.norm(places[:, None] - np.array(BINS)[None], axis=2).min(1)
        assert nearest.max() < 65 * (1 - variants.TRUST) + 1  # the network softens what is not quite trusted


def test_no_draw_forgets_a_hint(session):
    hints = [Hint.of_color(250, 200, "#2040c0")]
    for one in session.variants(5, 1, hints):
        row, column = int(200 * one.ab.shape[1] / 400), int(250 * one.ab.shape[2] / 600)
        np.testing.assert_allclose(one.ab[:, row, column], ab_of_color("#2040c0"), atol=0.5)
