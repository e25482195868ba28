"""Two runs into one place: the second is told, and one that has been killed is in nobody's way."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys

import pytest

from colorizing_things import PictureError
from colorizing_things.ray import claim
from colorizing_things.ray.claim import claimed
from colorizing_things.ray.engine import run
from colorizing_things.ray.manifest import FOLDER
from colorizing_things.ray.place import Place


@pytest.fixture(params=["folder", "bucket"])
def place(request, tmp_path, store):
    if request.param == "folder":
        return Place.of(str(tmp_path / "out"))
    return Place.of(f"s3://coloured/{tmp_path.name}{store}")


def claims(place):
    return [about.base_name for about in place.listing(FOLDER)]


def leave(place, host, process):
    said = {"host": host, "process": process, "beat": 3}
    place.write(f"{FOLDER}/{claim.PREFIX}left", json.dumps(said).encode())


def test_a_second_run_is_refused_while_the_first_lives(place, monkeypatch):
    monkeypatch.setattr(claim, "BEAT", 0.05)
    with claimed(place):
        held = claims(place)
        said = rf"^{place.address}: another run is colouring into it \(process {os.getpid()} on "
        with pytest.raises(PictureError, match=said), claimed(place):
            pytest.fail("both hold it")
        assert claims(place) == held and len(held) == 1
    assert claims(place) == []


def test_what_a_killed_run_of_this_machine_left_is_removed_at_once(place):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    leave(place, socket.gethostname(), ended.pid)
    with claimed(place):
        assert f"{claim.PREFIX}left" not in claims(place) and len(claims(place)) == 1


def test_a_run_of_another_machine_that_is_silent_for_long_is_taken_for_ended(place, monkeypatch):
    monkeypatch.setattr(claim, "SILENT", 0.2)
    monkeypatch.setattr(claim, "LOOK", 0.05)
    leave(place, "elsewhere", 1)
    with claimed(place):
        assert f"{claim.PREFIX}left" not in claims(place)


@pytest.mark.parametrize("left", [b"", b'{"host": "here", "proc', b"null", b"\xff\xfe"])
def test_a_file_that_was_cut_short_is_taken_for_ended_once_it_has_been_silent_for_long(place, monkeypatch, left):
    monkeypatch.setattr(claim, "SILENT", 0.2)
    monkeypatch.setattr(claim, "LOOK", 0.05)
    place.write(f"{FOLDER}/{claim.PREFIX}left", left)
    with claimed(place):
        assert f"{claim.PREFIX}left" not in claims(place)


def test_a_run_that_writes_its_cut_file_anew_is_alive(place, monkeypatch):
    place.write(f"{FOLDER}/{claim.PREFIX}left", b"")
    monkeypatch.setattr(claim.time, "sleep", lambda _: leave(place, "elsewhere", 7))
    with pytest.raises(PictureError, match="process 7 on elsewhere"), claimed(place):
        pytest.fail("both hold it")


def test_the_command_says_so_before_ray_starts(job, monkeypatch):
    monkeypatch.setattr(claim, "BEAT", 0.05)
    monkeypatch.setattr("ray.init", lambda *_, **__: pytest.fail("Ray starts"))
    with claimed(job.out), pytest.raises(PictureError, match="another run is colouring into it"):
        run(job, report=lambda _: None, expect=lambda *_: None)
