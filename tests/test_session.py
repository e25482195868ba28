"""Hints, palette, variants and reference, through the bundled model on real photographs."""

import time

import numpy as np
import pytest
from measures import lightness
from skimage import data

from colorizing_things import Colorizer, ColorOptions, Guide, Hint, Picture, SettingError
from colorizing_things.color.spaces import srgb_to_lab
from colorizing_things.guidance.hints import ab_of_color


@pytest.fixture(scope="module")
def colorizer():
    return Colorizer()


@pytest.fixture(scope="module")
def portrait():
    return Picture.of_array(data.astronaut())


@pytest.fixture(scope="module")
def session(colorizer, portrait):
    return colorizer.session(portrait)


SUIT, EYE, LEFT_ARM = (250, 420), (205, 110), (60, 450)


def at(chroma, picture, x, y):
    row, column = int(y * chroma.ab.shape[1] / picture.height), int(x * chroma.ab.shape[2] / picture.width)
    return chroma.ab[:, row, column]


@pytest.mark.parametrize("color", ["#2040c0", "#209040", "#c03020"])
def test_a_hint_colours_its_place_and_its_object_but_not_the_face(session, portrait, color):
    plain, hinted = session.predict(), session.predict([Hint.of_color(*LEFT_ARM, color)])
    wanted = np.array(ab_of_color(color))

    def nearer(x, y):
        before = np.linalg.norm(at(plain, portrait, x, y) - wanted)
        return (before - np.linalg.norm(at(hinted, portrait, x, y) - wanted)) / before

    np.testing.assert_allclose(at(hinted, portrait, *LEFT_ARM), wanted, atol=4)
    assert nearer(90, 400) > 0.2  # further up the same sleeve
    assert nearer(*EYE) < 0.5 * nearer(90, 400)


def test_more_hints_bring_the_colours_nearer_to_the_truth(colorizer):
    """Mean ab error of real photographs against the number of points that are given away."""
    errors = {}
    for count in (0, 1, 5, 10, 50):
        found = []
        for rgb in (data.astronaut(), data.coffee(), data.chelsea(), data.rocket()):
            true = srgb_to_lab(rgb / 255)[..., 1:]
            rng = np.random.default_rng(5)
            spots = [(rng.integers(rgb.shape[0]), rng.integers(rgb.shape[1])) for _ in range(count)]
            hints = [Hint(float(x), float(y), tuple(true[y, x])) for y, x in spots]
            picture = Picture.of_array(rgb)
            ours = colorizer.pixels(picture, chroma=colorizer.session(picture).predict(hints))
            found.append(np.linalg.norm(srgb_to_lab(ours / 255)[..., 1:] - true, axis=-1).mean())
        errors[count] = np.mean(found)
    assert errors[5] < errors[0] and errors[10] < errors[5] and errors[50] < errors[10]
    assert errors[50] < 0.75 * errors[0]


def test_hints_leave_the_lightness_alone(colorizer, portrait):
    guide = Guide([Hint.of_color(*LEFT_ARM, "#0000ff")])
    ours = colorizer.pixels(portrait, options=ColorOptions(guide=guide))
    gray = colorizer.pixels(portrait, chroma=type(colorizer.predict(portrait))(np.zeros((2, 8, 8), np.float32)))
    assert np.abs(lightness(ours) - lightness(gray)).mean() < 0.2


def test_the_palette_offers_likely_colours_apart_from_each_other(session):
    swatches = session.palette(*SUIT)
    assert 2 <= len(swatches) <= 6
    assert [s.probability for s in swatches] == sorted((s.probability for s in swatches), reverse=True)
    assert 0.5 < sum(s.probability for s in swatches) <= 1 + 1e-6
    for n, swatch in enumerate(swatches):
        assert swatch.hex.startswith("#") and len(swatch.hex) == 7
        for other in swatches[:n]:
            assert np.hypot(*np.subtract(swatch.ab, other.ab)) > 5


def test_the_palette_hears_a_hint(session):
    red = [Hint.of_color(*SUIT, "#d01010")]
    first = session.palette(*SUIT, hints=red)[0]
    assert np.hypot(*np.subtract(first.ab, ab_of_color("#d01010"))) < np.hypot(
        *np.subtract(session.palette(*SUIT)[0].ab, ab_of_color("#d01010"))
    )


def test_variants_differ_and_come_again_with_the_seed(session):
    first, again, other = session.variants(4, 1), session.variants(4, 1), session.variants(4, 2)
    np.testing.assert_array_equal(first[0].ab, session.predict().ab)
    for one, same in zip(first, again, strict=True):
        np.testing.assert_array_equal(one.ab, same.ab)
    assert not np.array_equal(first[1].ab, other[1].ab)
    for n, one in enumerate(first):
        for two in first[:n]:
            assert np.linalg.norm(one.ab - two.ab, axis=0).mean() > 1


def test_fewer_variants_are_among_more(session):
    """What --variants 2 shows is not lost with --variants 5: the draws are numbered, only their order changes."""
    few, many = session.variants(2, 3), session.variants(5, 3)
    assert any(np.array_equal(few[1].ab, one.ab) for one in many)


def test_a_reference_lends_its_colours(colorizer, portrait):
    """The picture itself as reference brings its own colours back; a grey one takes them away."""
    true = srgb_to_lab(data.astronaut() / 255)[..., 1:]

    def error(guide):
        ours = colorizer.pixels(portrait, options=ColorOptions(guide=guide))
        return np.linalg.norm(srgb_to_lab(ours / 255)[..., 1:] - true, axis=-1).mean()

    gray = Picture.of_array(np.repeat(data.astronaut().mean(2, keepdims=True).astype(np.uint8), 3, 2))
    assert error(Guide(reference=portrait)) < 0.8 * error(Guide())
    muted = colorizer.predict(portrait, ColorOptions(guide=Guide(reference=gray)))
    assert np.linalg.norm(muted.ab, axis=0).mean() < 0.7 * np.linalg.norm(colorizer.predict(portrait).ab, axis=0).mean()


def test_a_reference_can_be_taken_away_again(colorizer, portrait):
    session = colorizer.session(portrait)
    before = session.predict().ab
    session.set_reference(Picture.of_array(data.coffee()))
    assert not np.array_equal(session.predict().ab, before)
    session.set_reference(None)
    np.testing.assert_array_equal(session.predict().ab, before)


def test_places_outside_and_counts_of_nothing_are_refused(session):
    with pytest.raises(SettingError, match="outside of array"):
        session.palette(512, 0)
    with pytest.raises(SettingError, match="variants 0: must be 1 to 100"):
        session.variants(0)


def test_a_changed_hint_is_answered_at_once(session):
    """Not a benchmark: it guards against an answer that takes a second."""
    session.predict()
    started = time.perf_counter()
    session.predict([Hint.of_color(*SUIT, "#204080")])
    assert time.perf_counter() - started < 5
