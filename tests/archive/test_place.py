import functools
import hashlib
import http.server
import os
import pickle
import subprocess
import sys
import threading

import pytest

from colorizing_things import PictureError, SettingError
from colorizing_things.ray import names
from colorizing_things.ray.job import Job
from colorizing_things.ray.place import Place, remove_leftovers


@pytest.fixture(params=["folder", "bucket"])
def place(request, tmp_path, store):
    if request.param == "folder":
        return Place.of(str(tmp_path / "out"))
    return Place.of(f"s3://coloured/{tmp_path.name}{store}")


def test_what_is_written_is_there_whole_and_elsewhere_too(place):
    place.write("deep/a.bin", b"abc" * 10)
    other = pickle.loads(pickle.dumps(place))
    assert other.has("deep/a.bin") and not other.has("deep/b.bin") and not other.has("deep")
    with other.lent("deep/a.bin") as path:
        assert path.read_bytes() == b"abc" * 10 and path.name == "a.bin"
    assert [about.base_name for about in place.listing("deep")] == ["a.bin"]
    assert place.checksum("deep/a.bin") == hashlib.sha256(b"abc" * 10).hexdigest()


def test_a_file_that_fails_half_written_does_not_appear(place):
    with pytest.raises(RuntimeError), place.taken("a.jpg") as path:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not place.is_local:  # there the colorizer itself writes whole or not at all
            path.write_bytes(b"half")
        raise RuntimeError
    assert not place.has("a.jpg")


def test_a_folder_that_is_not_there_lists_nothing_and_is_refused_as_an_archive(place):
    assert place.listing("nothing") == []
    with pytest.raises(PictureError, match="no such folder"):
        Place(place.address, place.system, place.path("nothing")).check()


def test_a_missing_file_is_one_line_with_the_users_name(place):
    with pytest.raises(PictureError, match=r"gone\.jpg: "):
        place.checksum("gone.jpg")
    assert "?" not in place.shown("gone.jpg")


@pytest.mark.parametrize("address", ["unheard://of", "s3:///x"])
def test_an_address_that_cannot_be_is_refused(address, environment):
    with pytest.raises(SettingError, match=address.split(":")[0]):
        Place.of(address)


def test_a_web_servers_folders_are_walked(tmp_path):
    (tmp_path / "web" / "old ones" / "deeper").mkdir(parents=True)
    for name in ("a.jpg", "old ones/b 1.jpg", "old ones/deeper/c.jpg"):
        (tmp_path / "web" / name).write_bytes(b"a photograph")
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(tmp_path / "web"))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        place = Place.of(f"http://127.0.0.1:{server.server_port}/")
        place.check()
        found = [name.source for name in names.walk(Job(place, Place.of(str(tmp_path / "out"))))]
        assert found == ["a.jpg", "old%20ones/b%201.jpg", "old%20ones/deeper/c.jpg"]
        with place.lent(found[1]) as path:
            assert path.read_bytes() == b"a photograph"
        server.shutdown()


def test_a_small_file_costs_a_bucket_one_request(store, requests):
    Place.of(f"s3://coloured/requests{store}").write("a.jpg", b"x" * 1000)
    assert requests("coloured/requests/a.jpg") == ["PUT"]


def test_what_a_bucket_has_or_lacks_is_asked_in_one_request(store, requests):
    place = Place.of(f"s3://coloured/asked{store}")
    place.write("a.jpg", b"x")
    assert place.has("a.jpg") and not place.has("b.jpg")
    assert requests("coloured/asked") == ["PUT", "HEAD", "HEAD"]


def test_copies_of_killed_workers_are_removed_and_no_others(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    for name in (f"colorize-{ended.pid}-a", f"colorize-{os.getpid()}-b", "colorize-mine", f"other-{ended.pid}-c"):
        (tmp_path / name).mkdir()
    remove_leftovers()
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        [f"colorize-{os.getpid()}-b", "colorize-mine", f"other-{ended.pid}-c"]
    )
