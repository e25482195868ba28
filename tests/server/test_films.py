"""Films over HTTP: sent, looked at, hinted, coloured while somebody listens, fetched, forgotten."""

from __future__ import annotations

import base64
import io
import json
import os
import tempfile
from pathlib import Path

import numpy as np
import pytest
from films import is_colored, panned, read_film, write_film
from PIL import Image
from server.conftest import error_line
from waiting import until

pytest.importorskip("av")

from colorizing_things.server.film_files import START, remove_leftovers
from colorizing_things.server.settings import Settings


@pytest.fixture(scope="module")
def reel(tmp_path_factory) -> Path:
    """Two seconds, two shots."""
    frames = panned(24) + panned(24, name="astronaut")
    folder = tmp_path_factory.mktemp("reel")
    return write_film(folder / "old reel.mp4", frames, codec="libx264", sound="aac", options={"g": "12"})


@pytest.fixture(scope="module")
def long_reel(tmp_path_factory) -> Path:
    """More than anybody waits for: it is coloured as long as somebody listens."""
    folder, still = tmp_path_factory.mktemp("long"), panned(1) * 2000
    return write_film(folder / "long.mp4", still, codec="libx264", options={"g": "400", "preset": "ultrafast"})


def send(client, path, name=None):
    return client.post("/v1/films", files={"file": (name or path.name, path.read_bytes())})


@pytest.fixture
def film(client, reel):
    answer = send(client, reel)
    assert answer.status_code == 201, answer.text
    yield answer.json()
    client.delete(f"/v1/films/{answer.json()['id']}")


def color(client, film, **body) -> list[dict]:
    answer = client.post(f"/v1/films/{film['id']}/color", json=body)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/x-ndjson"
    return [json.loads(line) for line in answer.text.splitlines()]


def folders(client) -> list[Path]:
    return [stored.folder for stored in client.app.state.app_state.films._sessions.values()]


def test_a_film_is_sent_coloured_and_fetched(client, film, reel, tmp_path):
    assert (film["name"], film["width"], film["height"]) == ("old reel.mp4", 160, 120)
    assert (film["frames"], film["rate"], film["colored"]) == (48, 24, False)
    path = f"/v1/films/{film['id']}"
    assert "not coloured yet" in error_line(client.get(f"{path}/file"), 404)
    lines = color(client, film)
    assert {line["state"] for line in lines} <= {"waiting", "working", "done"}
    last = lines[-1]
    assert (last["state"], last["name"], last["frames"], last["shots"]) == ("done", "old reel.color.mp4", 48, 2)
    assert client.get(path).json()["colored"]
    answer = client.get(f"{path}/file")
    assert answer.headers["content-type"] == "video/mp4" and len(answer.content) == last["bytes"]
    assert 'filename="old reel.color.mp4"' in answer.headers["content-disposition"]
    (tmp_path / "new.mp4").write_bytes(answer.content)
    new, old = read_film(tmp_path / "new.mp4"), read_film(reel)
    assert is_colored(new) and new.times == old.times and new.beside == old.beside
    assert client.get(f"{path}/file", headers={"Range": "bytes=0-9"}).content == answer.content[:10]


def test_shots_are_shown_in_colour_and_their_frames_at_full_size(client, film):
    path = f"/v1/films/{film['id']}"
    shots = client.get(f"{path}/shots").json()["shots"]
    assert len(shots) == 2 and 0 <= shots[0]["time"] < 1 <= shots[1]["time"]
    for shot in shots:
        tile = np.asarray(Image.open(io.BytesIO(base64.b64decode(shot["thumbnail"]))))
        assert np.ptp(tile.astype(int), axis=2).max() > 20
    frame = Image.open(io.BytesIO(client.get(f"{path}/frame", params={"time": 0.5}).content))
    assert (frame.mode, frame.size) == ("L", (160, 120))
    assert np.abs(np.asarray(frame).astype(int) - (panned(24)[12] - 16.0) * 255 / 219).mean() < 4
    assert "over by then" in error_line(client.get(f"{path}/frame", params={"time": 9}), 422)
    assert "over by then" in error_line(client.get(f"{path}/frame", params={"time": 1e300}), 422)
    assert "finite" in error_line(client.get(f"{path}/frame", params={"time": "inf"}), 422)


def test_hints_and_a_look_are_heard_and_wrong_ones_refused_before_anything_begins(client, film, tmp_path):
    def redness(**body):
        assert color(client, film, **body)[-1]["state"] == "done"
        (tmp_path / "new.mp4").write_bytes(client.get(f"/v1/films/{film['id']}/file").content)
        return read_film(tmp_path / "new.mp4").chromas[12][1].astype(int)[25:35, 35:45].mean()

    hint = {"time": 0.5, "x": 80, "y": 60, "color": "#d02020"}
    assert redness(hints=[hint]) > redness() + 5
    assert abs(redness(strength=0) - 128) < 2
    path = f"/v1/films/{film['id']}/color"
    for wrong, said in (({**hint, "x": 160}, "old reel.mp4, which is 160 x 120"), ({**hint, "color": "x"}, "#rrggbb")):
        assert said in error_line(client.post(path, json={"hints": [wrong]}), 422)
    assert "no such option" in error_line(client.post(path, json={"codec": "h264"}), 422)
    assert "must be 0 to" in error_line(client.post(path, json={"saturation": -1}), 422)
    late = color(client, film, hints=[{**hint, "time": 5}])[-1]
    assert (late["state"], late["status"]) == ("failed", 422) and "old reel.mp4 is over by then" in late["detail"]


def test_what_is_no_film_is_one_line(client, jpg, reel, tmp_path):
    def refused(data, name, status):
        return error_line(client.post("/v1/films", files={"file": (name, data)}), status)

    before = len(list(Path(tempfile.gettempdir()).glob(f"{START}*")))
    assert "empty" in refused(b"", "a.mp4", 422)
    assert "no film by its name" in refused(jpg, "a.jpg", 415)
    assert "a.mp4: no film that can be read" in refused(jpg, "a.mp4", 415)
    assert "no such film" in error_line(client.get("/v1/films/none"), 404)
    secret = tmp_path / "secret.ts"
    secret.write_bytes(b"secret")
    playlist = f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile://{secret}\n#EXT-X-ENDLIST\n"
    assert "no film that can be read" in refused(playlist.encode(), "list.mp4", 415)
    concat = f"ffconcat version 1.0\nfile '{reel}'\n"
    assert "no film that can be read" in refused(concat.encode(), "list.mkv", 415)
    assert len(list(Path(tempfile.gettempdir()).glob(f"{START}*"))) == before


def test_a_film_has_limits_of_its_own(serving, reel, tmp_path):
    large = write_film(tmp_path / "large.mkv", [np.full((2400, 4096), 99, np.uint8)], pixels="gray")
    limits = Settings(max_upload=2**10, max_film=2**20, max_film_seconds=1.5, workers=1)
    with serving(limits) as client:
        assert "reel.mp4: 0.0333 minutes are over the server's limit of 0.025" in error_line(send(client, reel), 413)
        assert "over the limit of 1 MB" in error_line(client.post("/v1/films", files={"file": bytes(2**21)}), 413)
        assert "4096 x 2400 pixels are over" in error_line(send(client, large), 413)
        other = client.post("/v1/sessions", files={"file": bytes(2**19)})
        assert "over the limit of 0.000977 MB" in error_line(other, 413)


def test_a_client_that_leaves_stops_the_work_and_files_go_with_the_film(serving, long_reel):
    with serving(Settings(workers=1, max_films=3, session_seconds=30)) as client:
        pool = client.app.state.app_state.film_pool
        films = [send(client, long_reel).json() for _ in range(2)]
        first, second = folders(client)
        with client.stream("POST", f"/v1/films/{films[0]['id']}/color", json={}) as answer:
            lines = answer.iter_lines()
            until(lambda: json.loads(next(lines))["state"] == "working")
            with client.stream("POST", f"/v1/films/{films[1]['id']}/color", json={}) as other:
                others = other.iter_lines()
                assert json.loads(next(others))["state"] == "waiting"
                refused = client.post(f"/v1/films/{films[1]['id']}/color", json={})
                assert "too much to do" in error_line(refused, 429)
            until(lambda: pool.pending == 1)
        until(lambda: pool.pending == 0)
        assert first.exists() and second.exists()
        client.delete(f"/v1/films/{films[1]['id']}")
        until(lambda: not second.exists())
        with client.stream("POST", f"/v1/films/{films[0]['id']}/color", json={}) as answer:
            lines = answer.iter_lines()
            until(lambda: json.loads(next(lines))["state"] == "working")
            client.delete(f"/v1/films/{films[0]['id']}")
            last = json.loads(list(lines)[-1])
        assert (last["state"], last["status"]) == ("failed", 404) and "forgotten" in last["detail"]
        until(lambda: not first.exists())
        kept = [send(client, long_reel).json()["id"] for _ in range(4)]
        assert client.get(f"/v1/films/{kept[0]}").status_code == 404
        left = folders(client)
        assert len(left) == 3 and all(path.exists() for path in left)
        assert "colorize_films 3.0" in client.get("/metrics").text
    assert not any(path.exists() for path in left)


def test_a_full_disk_is_507_while_it_is_sent_and_while_it_is_coloured(client, film, reel, monkeypatch):
    from colorizing_things.film.chunks import Chunk
    from colorizing_things.server import film_files

    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(film_files, "_copy", full)
        assert "disk is full" in error_line(send(client, reel), 507)
    monkeypatch.setattr(Chunk, "add", full)
    last = color(client, film, seed=1)[-1]
    assert (last["state"], last["status"]) == ("failed", 507) and "disk is full" in last["detail"]


def test_what_a_killed_server_has_left_is_removed_and_no_other(tmp_path, monkeypatch):
    from colorizing_things.imaging.writing import NODE

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    dead, ours, others = (
        tmp_path / name for name in (f"{START}{NODE}-999999999-a", f"{START}{NODE}-{os.getpid()}-a", f"{START}x")
    )
    for folder in (dead, ours, others):
        folder.mkdir()
    remove_leftovers()
    assert not dead.exists() and ours.exists() and others.exists()


def test_the_document_tells_of_films(client):
    paths = client.get("/openapi.json").json()["paths"]
    lines = paths["/v1/films/{film_id}/color"]["post"]["responses"]["200"]["content"]
    assert list(lines) == ["application/x-ndjson"]
    (schema,) = lines["application/x-ndjson"].values()
    assert list(schema) == ["anyOf"]  # no string beside it
    assert {kind["title"] for kind in schema["anyOf"]} == {"FilmWaiting", "FilmProgress", "FilmDone", "FilmFailed"}
