"""Hints, palette, variants, reference and mood of a model of two graphs with noise, through the front door."""

import json

import numpy as np
import pytest
from skimage import data

pytest.importorskip("onnx")
from tiny_models import FIELD, noise_model, plain_model

from colorizing_things import Colorizer, ColorOptions, Guide, Hint, Picture, SettingError
from colorizing_things.guidance.hints import ab_of_color
from colorizing_things.guidance.palette import DRAWS, MIN_AB_DISTANCE
from colorizing_things.model.runtime import Graph

PLACE = (250.0, 200.0)


@pytest.fixture(scope="module")
def colorizer(tmp_path_factory):
    return Colorizer(noise_model(tmp_path_factory.mktemp("models") / "noise"))


@pytest.fixture(scope="module")
def picture():
    return Picture.of_array(data.coffee())


@pytest.fixture
def session(colorizer, picture):
    return colorizer.session(picture)


def cell(ab, picture, x, y):
    return ab[:, int(y * ab.shape[1] / picture.height), int(x * ab.shape[2] / picture.width)]


def asked_of_graphs(monkeypatch):
    """What graphs are asked for from now on, run by run."""
    asked, run = [], Graph.run
    monkeypatch.setattr(Graph, "run", lambda self, wanted, *given: asked.append(wanted) or run(self, wanted, *given))
    return asked


def test_mood_multiplies_the_noise_and_seed_picks_it(colorizer, picture):
    mean = colorizer.predict(picture, ColorOptions(mood=0)).ab
    full, half = (colorizer.predict(picture, ColorOptions(mood=mood, seed=3)).ab - mean for mood in (1, 0.5))
    np.testing.assert_allclose(half, full / 2, atol=1e-3)
    other = colorizer.predict(picture, ColorOptions(mood=1, seed=4)).ab - mean
    assert np.abs(np.corrcoef(full.ravel(), other.ravel())[0, 1]) < 0.2
    np.testing.assert_array_equal(colorizer.predict(picture, ColorOptions(mood=0, seed=4)).ab, mean)
    usual = colorizer.predict(picture).ab
    np.testing.assert_array_equal(usual, colorizer.predict(picture, ColorOptions(mood=0.25, seed=0)).ab)


def test_the_whole_picture_hears_of_mood_too(colorizer):
    calm, lively = colorizer(data.coffee(), mood=0), colorizer(data.coffee(), mood=1, seed=2)
    assert not np.array_equal(calm, lively)


@pytest.mark.parametrize("mood", [-0.1, 1.1, float("nan")])
def test_a_mood_out_of_range_is_refused(colorizer, picture, mood):
    with pytest.raises(SettingError, match="must be 0"):
        colorizer.predict(picture, ColorOptions(mood=mood))


def test_a_mood_is_refused_by_models_without_noise(tmp_path, picture):
    with pytest.raises(SettingError, match="has no mood"):
        Colorizer(plain_model(tmp_path / "plain")).predict(picture, ColorOptions(mood=0.5))


def test_a_hint_decodes_what_is_shown(session, picture):
    hinted = session.predict([Hint.of_color(*PLACE, "#2040c0")]).ab
    np.testing.assert_allclose(cell(hinted, picture, *PLACE), ab_of_color("#2040c0"), atol=1e-3)
    elsewhere = np.abs(hinted - session.predict().ab).max(0) < 1e-3
    assert elsewhere.sum() >= elsewhere.size - 4


def test_variants_are_draws_and_the_first_is_what_is_shown(session):
    drawn = session.variants(4, 1)
    np.testing.assert_array_equal(drawn[0].ab, session.predict().ab)
    for n, one in enumerate(drawn):
        np.testing.assert_array_equal(session.variant(n, 4, 1).ab, one.ab)
        for two in drawn[:n]:
            assert np.linalg.norm(one.ab - two.ab, axis=0).mean() > 5
    np.testing.assert_array_equal(session.variants(2, 1)[1].ab, drawn[1].ab)
    assert not np.array_equal(session.variants(2, 2)[1].ab, drawn[1].ab)


def test_a_hint_leaves_a_variant_what_it_is(session, picture):
    plain, hinted = session.variant(2, 4, 1), session.variant(2, 4, 1, [Hint.of_color(*PLACE, "#2040c0")])
    assert (np.abs(hinted.ab - plain.ab).max(0) > 1e-3).sum() <= 4


def test_no_variant_forgets_a_hint(session, picture):
    hints = [Hint.of_color(*PLACE, "#2040c0")]
    drawn = session.variants(4, 1, hints)
    for n, one in enumerate(drawn):
        np.testing.assert_allclose(cell(one.ab, picture, *PLACE), ab_of_color("#2040c0"), atol=1e-3)
        np.testing.assert_array_equal(one.ab, session.variant(n, 4, 1, hints).ab)


def test_the_palette_comes_from_draws_and_hears_hints(session, picture):
    swatches = session.palette(*PLACE, count=DRAWS)
    assert sum(swatch.probability for swatch in swatches) == pytest.approx(1)
    assert [s.probability for s in swatches] == sorted((s.probability for s in swatches), reverse=True)
    assert all(swatch.probability * DRAWS == pytest.approx(round(swatch.probability * DRAWS)) for swatch in swatches)
    assert len(swatches) > 1
    only = session.palette(*PLACE, [Hint.of_color(*PLACE, "#2040c0")])
    assert len(only) == 1 and only[0].probability == pytest.approx(1)
    np.testing.assert_allclose(only[0].ab, ab_of_color("#2040c0"), atol=1e-3)
    assert np.hypot(*np.subtract(only[0].ab, swatches[0].ab)) > MIN_AB_DISTANCE / 2


def test_a_second_place_asks_the_network_nothing_more(session, monkeypatch):
    session.palette(*PLACE)
    monkeypatch.setattr(Graph, "run", None)
    assert session.palette(10, 10)


def test_a_reference_is_matched_by_the_encoders_output(colorizer, picture, monkeypatch):
    asked = asked_of_graphs(monkeypatch)
    session = colorizer.session(picture, ColorOptions(guide=Guide(reference=picture)))
    assert len(asked) == 2  # the encoder, for each of the two
    assert not np.array_equal(session.predict().ab, colorizer.predict(picture).ab)


def test_the_same_picture_is_shown_at_another_mood_without_seeing_it_again(session, colorizer, picture, monkeypatch):
    asked = asked_of_graphs(monkeypatch)
    lively = session.shown_with(1.0, 5)
    found = lively.predict().ab
    assert asked == [["ab"]]
    np.testing.assert_array_equal(found, colorizer.predict(picture, ColorOptions(mood=1, seed=5)).ab)
    assert session.mood == 0.25


@pytest.mark.parametrize("shape", [(20, 4000), (4000, 20), (1, 1)])
def test_a_strip_of_a_picture_takes_a_hint(colorizer, shape):
    """Of today's default too, which once found no cell of its features in so low a picture."""
    picture = Picture.of_array(np.full((*shape, 1), 128, np.uint8))
    at = (shape[1] / 2, shape[0] / 2)
    for with_it, tolerance in ((colorizer, 1e-2), (Colorizer(), 8)):
        found = with_it.session(picture).predict([Hint.of_color(*at, "#c03020")]).ab
        np.testing.assert_allclose(cell(found, picture, *at), ab_of_color("#c03020"), atol=tolerance)


def test_there_is_no_map_of_a_confidence_that_is_not_given(colorizer, picture):
    assert colorizer.predict(picture).confidence is None
    assert "confidence" not in colorizer.card.abilities


def test_the_field_lines_up_with_the_picture(session, picture):
    width, height = session._model.network_size(picture.width, picture.height)
    assert session.predict().ab.shape == (2, height // FIELD, width // FIELD)
    assert json.loads((session.seen.card.folder / "card.json").read_text())["output_stride"] == FIELD
