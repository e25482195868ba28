"""A hinted thing that is too quick for its motion to be followed, leaves the picture and returns keeps its hint."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from films import RATE, write_film
from measures import lightness

pytest.importorskip("av")
pytest.importorskip("cv2")
from colorizing_things.film.coloring import LIGHTNESS, FilmModel, FilmOptions
from colorizing_things.film.reading import open_film
from colorizing_things.film.sights import sight_of
from colorizing_things.lab.film_evaluation.scenes import SCRIPTS, scenes

WIDTH, HEIGHT, FRAMES = 256, 192, 100
SCRIPT = replace(SCRIPTS["a ball before coffee"], frames=FRAMES)
HINTED, OUT, BACK = LOOKS = (
    20,
    62,
    96,
)  # frames; in the second the ball is not to be seen


def center(number):
    x, y = SCRIPT.things[0].path(number / RATE)
    return round(x * WIDTH), round(y * HEIGHT)


@pytest.fixture(scope="module")
def ball(tmp_path_factory):
    grays = [np.round(lightness(scene.rgb) * 2.55).astype(np.uint8) for scene in scenes(SCRIPT, WIDTH, HEIGHT)]
    return write_film(tmp_path_factory.mktemp("films") / "ball.mkv", grays, pixels="gray")


def redness(frame, number):
    column, row = (int(at * side) for at, side in zip((center(number)[0] / WIDTH, center(number)[1] / HEIGHT),
                                                      frame.ab.shape[:0:-1], strict=True))  # fmt: skip
    return frame.ab[0, row - 3 : row + 4, column - 3 : column + 4].mean()


def test_its_hint_returns_with_it(colorizer, ball):
    x, y = center(HINTED)
    plain, told = (list(colorizer.film(ball, hint=hints)) for hints in ([], [f"{HINTED / RATE}s:{x},{y}=#c83030"]))
    for number in (HINTED, HINTED + 12, BACK):
        assert redness(told[number], number) > redness(plain[number], number) + 25
    assert np.abs(told[OUT].ab - plain[OUT].ab).mean() < 1  # nothing else is taken for it


def test_a_thing_is_found_where_it_is_and_nowhere_else(colorizer, ball):
    film = open_film(ball)
    small = FilmModel(colorizer.model, film, FilmOptions()).small
    seen = {n: colorizer.model.see(LIGHTNESS[small(frame)]) for n, frame in enumerate(film.frames(None)) if n in LOOKS}
    rows, columns = seen[HINTED].L.shape
    column, row = (int(at * side / of) for at, side, of in zip(center(HINTED), (columns, rows), (WIDTH, HEIGHT),
                                                                strict=True))  # fmt: skip
    sight = sight_of(seen[HINTED], row, column)
    assert sight.found_in(seen[OUT]) is None
    found = sight.found_in(seen[BACK])
    assert np.hypot(found[0] / rows * HEIGHT - center(BACK)[1], found[1] / columns * WIDTH - center(BACK)[0]) < 20
