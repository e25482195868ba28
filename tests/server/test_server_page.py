"""Blocks of docs/server.md run as they stand, against a server on a port of its own (nginx's and systemd's have tests
of their own: test_behind_nginx, test_systemd)."""

from __future__ import annotations

import json
import os

import numpy as np
import pytest

pytest.importorskip("av")

from blocks import blocks, commands, run
from films import RATE, is_colored, panned, read_film, write_film
from PIL import Image
from programs import need
from skimage import data

from colorizing_things.server.settings import Settings

PAGE = "docs/server.md"
DOCUMENTED = "http://127.0.0.1:8000"
ELSEWHERE = ("colorize serve",)  # does not end by itself: the server is started here


@pytest.fixture
def folder(tmp_path, gray_photo):
    """Photographs, and a film of few frames, half a minute long."""
    Image.fromarray(gray_photo).save(tmp_path / "old.jpg")
    Image.fromarray(gray_photo).save(tmp_path / "old.tif")
    Image.fromarray(data.astronaut()).save(tmp_path / "other.jpg")
    views = [np.repeat(np.repeat(view, 3, 0), 3, 1) for view in panned(8)]
    write_film(tmp_path / "reel.mp4", views, codec="libx264", times=[4 * RATE * n for n in range(8)])
    return tmp_path


@pytest.mark.skipif(os.name == "nt", reason="the blocks are a Unix shell's")
def test_every_command(folder, serving):
    need("curl")
    need("jq")
    lines = commands(PAGE, "sh", ELSEWHERE)
    assert len(lines) == 6 and all(line.startswith(("curl ", "id=$(curl ")) for line in lines)
    with serving(Settings()) as server:
        address = str(server.base_url).rstrip("/")
        script = "\n".join(lines)  # one shell: a line knows the film that the one before sent
        assert script.count(DOCUMENTED) == len(lines)
        said = run(script.replace(DOCUMENTED, address).replace("curl ", "curl --fail "), folder)
    assert json.loads(said.splitlines()[-1])["state"] == "done"
    for name in ("old.color.jpg", "new.png", "new.jpg"):
        assert np.ptp(np.asarray(Image.open(folder / name)).astype(int), axis=2).max() > 20, name
    assert is_colored(read_film(folder / "reel.color.mp4"))


def test_the_python_block():
    (block,) = blocks(PAGE, "python")
    found: dict = {}
    exec(block, found)
    assert "/v1/colorize" in found["app"].openapi()["paths"]
