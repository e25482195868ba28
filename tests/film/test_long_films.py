"""An hour of film takes no more memory than a minute: nothing that is made of a frame is kept."""

from __future__ import annotations

import gc
import time
import tracemalloc

import pytest
from films import panned, write_film
from tiny_models import plain_model

pytest.importorskip("av")
from colorizing_things.film import making, tracks
from colorizing_things.film.coloring import FilmOptions, upper_codes
from colorizing_things.film.hints import FilmHint
from colorizing_things.film.making import make_film
from colorizing_things.film.reading import open_film
from colorizing_things.film.tracks import follow
from colorizing_things.model.model import Model
from colorizing_things.options import ColorOptions

SHORT, LONG = 100, 700  # frames
A_FRAME = 100  # bytes, a thirtieth of its luma: 9 MB an hour
A_PACKET = 100  # bytes, less than an object that tells of one


def settled():
    """What is held once every thread waits; between that, what is on its way is worth 400 KB, or nothing."""
    readings = []
    until = time.monotonic() + 60
    while len(readings) < 8 or max(readings[-8:]) - min(readings[-8:]) > 1000:
        assert time.monotonic() < until, "it never settles"
        time.sleep(0.05)
        gc.collect()  # and what Python keeps of freed objects, for new ones
        readings.append(tracemalloc.get_traced_memory()[0])
    return tracemalloc.take_snapshot().filter_traces([tracemalloc.Filter(False, tracemalloc.__file__)])


@pytest.fixture
def traced():
    """Whatever Python and numpy hold is counted meanwhile."""
    tracemalloc.start()
    yield
    tracemalloc.stop()


def test_nothing_of_a_frame_is_kept_and_the_new_file_is_joined_chunk_by_chunk(tmp_path, monkeypatch, traced):
    source = write_film(tmp_path / "a.mp4", panned(1, 64, 48) * LONG, codec="libx264", sound="aac")
    monkeypatch.setattr(making, "CHUNK", 24)
    held, joining, join = {}, {}, making.join

    def told(progress):
        if progress.frames in (SHORT, LONG - 50):  # later, stages have begun to end
            held[progress.frames] = settled()

    def joined(film, output, work, *rest):
        for chunks in (4, work.chunks):
            work.chunks = chunks
            before = tracemalloc.get_traced_memory()[0]
            tracemalloc.reset_peak()
            join(film, output, work, *rest)
            joining[chunks] = tracemalloc.get_traced_memory()[1] - before

    monkeypatch.setattr(making, "join", joined)
    model = Model(plain_model(tmp_path / "model"))
    make_film(model, open_film(source), None, FilmOptions(ColorOptions(size=32)), report=told)
    more, frames = held[LONG - 50].compare_to(held[SHORT], "lineno"), LONG - 50 - SHORT
    assert sum(line.size_diff for line in more) < A_FRAME * frames
    assert max(line.count_diff for line in more) < frames / 2, "a line keeps something of every frame, however small"
    few, many = sorted(joining)
    assert joining[many] - joining[few] < A_PACKET * (LONG - 24 * few)


def test_a_hint_is_followed_back_through_as_many_frames_as_fit_into_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(tracks, "MOST", 10 * 48 * 64)
    film = open_film(write_film(tmp_path / "a.mkv", panned(1, 64, 48) * 40, pixels="gray"))
    track = follow(film, FilmHint.parse("1.26s:30,20=#7a4a2b"), lambda frame: frame.luma, upper_codes(film))
    frames = [round(film.seconds_of(pts) * 24) for pts in sorted(track.spots)]
    assert frames == list(range(21, 40))  # it is the thirtieth's, and ends with the shot
    assert film.seconds_of(track.first) * 24 == pytest.approx(21, abs=0.1)
