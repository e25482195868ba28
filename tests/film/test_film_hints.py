"""Hints in a film, references, mood, and films in Python."""

from __future__ import annotations

import numpy as np
import pytest
from films import panned, write_film
from skimage import data

from colorizing_things import ColorOptions, Guide
from colorizing_things.errors import SettingError

pytest.importorskip("av")
from colorizing_things.film.hints import FilmHint, seconds


@pytest.mark.parametrize(
    ("text", "time"), [("12.4s", 12.4), ("12.4", 12.4), ("1:02.5", 62.5), ("1:00:02", 3602), ("0", 0)]
)
def test_moments(text, time):
    assert seconds(text, "from") == time
    assert FilmHint.parse(f"{text}:120,340=#7a4a2b").time == time


@pytest.mark.parametrize("text", ["120,340=#7a4a2b", "1s:2=#fff", "s:1,2=#fff", "-1s:1,2=#fff", "1s:1,2=brown", ""])
def test_what_is_no_hint_in_a_film_says_how_it_is_written(text):
    with pytest.raises(SettingError, match=r"12.4s:120,340=#7a4a2b|#rrggbb|X,Y"):
        FilmHint.parse(text)


def redness(frame, x, y):
    rows, columns = (int(at * side) for at, side in zip((y / 120, x / 160), frame.ab.shape[1:], strict=True))
    return frame.ab[0, rows - 2 : rows + 3, columns - 2 : columns + 3].mean()


def test_a_hint_holds_for_its_shot_along_the_motion_and_for_no_other(colorizer, tmp_path):
    frames = panned(18) + panned(18, name="astronaut")
    source = write_film(tmp_path / "two.mkv", frames)
    plain = list(colorizer.film(source))
    told = list(colorizer.film(source, hint=["0.5s:80,60=#c03030"]))  # frame 12, of the first shot
    assert [frame.shot for frame in told] == [0] * 18 + [1] * 18
    for number in (0, 5, 12, 17):
        moved = 12 - number  # what is at 80, 60 then was farther to the right and down before
        x, y = 80 + moved, 60 + moved / 2
        assert redness(told[number], x, y) > redness(plain[number], x, y) + 15
    for one, other in zip(plain[18:], told[18:], strict=True):
        np.testing.assert_array_equal(one.ab, other.ab)


@pytest.mark.parametrize("hint", ["9s:10,10=#f00", f"{10**30}s:10,10=#f00", "0s:200,10=#f00", "0s:10,120=#f00"])
def test_a_hint_outside_of_the_film_is_refused(colorizer, tmp_path, hint):
    source = write_film(tmp_path / "a.mkv", panned(4))
    with pytest.raises(SettingError, match=r"outside of|is over"):
        list(colorizer.film(source, hint=[hint]))


def test_frames_in_python(colorizer, tmp_path):
    source = write_film(tmp_path / "a.mkv", panned(12))
    frames = list(colorizer.film(source, since=0.25))
    assert [round(frame.time * 24) for frame in frames] == list(range(6, 12))
    assert frames[0].begins and frames[0].shot == 0
    assert frames[0].rgb.shape == (120, 160, 3) and frames[0].rgb.dtype == np.uint8
    assert np.ptp(frames[0].rgb.astype(int), axis=2).max() > 20


def test_strength_0_is_grey_and_a_reference_lends_its_palette(colorizer, tmp_path):
    source = write_film(tmp_path / "a.mkv", panned(2))
    look = ColorOptions(look=type(ColorOptions().look)(strength=0))
    assert np.ptp(next(colorizer.film(source, look)).rgb.astype(int), axis=2).max() <= 2
    lent = ColorOptions(guide=Guide.of((), None, data.coffee()))
    plain, other = next(colorizer.film(source)), next(colorizer.film(source, lent))
    assert np.abs(plain.ab - other.ab).mean() > 0.5


def test_a_mood_is_one_draw_a_shot(colorizer, tmp_path):
    source = write_film(tmp_path / "a.mkv", panned(17))
    lively = list(colorizer.film(source, ColorOptions(mood=0.8, seed=3)))
    again = list(colorizer.film(source, ColorOptions(mood=0.8, seed=3)))
    np.testing.assert_array_equal(lively[-1].ab, again[-1].ab)
    first, last = lively[0].ab[:, 27:-20, 35:-20], lively[-1].ab[:, 20:-27, 20:-35]  # the view moved by 15 and 7 cells
    other = next(colorizer.film(source, ColorOptions(mood=0.8, seed=4))).ab[:, 27:-20, 35:-20]
    assert np.abs(first - other).mean() > 1
    assert np.abs(first - last).mean() < 0.8 * np.abs(other - last).mean()


def test_painted_hints_are_refused(colorizer, tmp_path):
    source = write_film(tmp_path / "a.mkv", panned(2))
    with pytest.raises(SettingError, match="moment"):
        colorizer.film(source, ColorOptions(guide=Guide.of(["1,2=#fff"])))
