"""Blocks of the README and of the docs run as they stand, in a folder with the pictures that they speak of."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
from blocks import blocks, commands, run

PAGES = ("README.md", "docs/command.md", "docs/film.md")
BEFORE = """# what the sentences before a block speak of
from PIL import Image
import numpy as np
picture = "old.jpg"
array = np.asarray(Image.open("old.jpg"))
"""
# A server and a browser do not end by themselves; the lab's fine-tuning, and the model that comes of it, are
# tests/lab/test_lab_page.py's.
ELSEWHERE = ("pytest", "colorize serve", "colorize train", "album-model")


@pytest.fixture
def folder(tmp_path):
    """A demo, whose grey photograph is old.jpg; another to lend its palette; scans; painted hints; a film."""
    from films import RATE, panned, write_film
    from PIL import Image

    subprocess.run([sys.executable, "-m", "colorizing_things", "demo", "-o", str(tmp_path)], check=True)
    (tmp_path / "demo.grey.jpg").rename(tmp_path / "old.jpg")
    (tmp_path / "demo.color.jpg").rename(tmp_path / "similar.jpg")
    (tmp_path / "demo.side-by-side.jpg").unlink()
    (tmp_path / "scans").mkdir()
    (tmp_path / "scans" / "old.jpg").write_bytes((tmp_path / "old.jpg").read_bytes())
    size = Image.open(tmp_path / "old.jpg").size
    layer = Image.new("RGBA", size)
    layer.paste((122, 74, 43, 255), (180, 100, 220, 140))
    layer.save(tmp_path / "painted.png")
    views = [np.repeat(np.repeat(view, 3, 0), 3, 1) for view in panned(20)]  # 480 x 360, one in four seconds
    for suffix in (".mp4", ".mov"):
        write_film(tmp_path / f"reel{suffix}", views, codec="libx264", times=[4 * RATE * n for n in range(20)])
    (tmp_path / "frames").mkdir()
    for number, view in enumerate(views[:3]):
        Image.fromarray(view).save(tmp_path / "frames" / f"{number:05d}.png")
    return tmp_path


@pytest.mark.skipif(os.name == "nt", reason="the blocks are a Unix shell's")
@pytest.mark.parametrize("page", PAGES)
def test_every_command(folder, page):
    lines = commands(page, elsewhere=ELSEWHERE)
    assert len(lines) >= {"README.md": 9, "docs/command.md": 4, "docs/film.md": 6}[page]
    for line in lines:
        for old in ("coat.jpg", "like.jpg", "demo.grey.jpg"):
            (folder / old).unlink(missing_ok=True)
        run(line, folder)


@pytest.mark.parametrize(("page", "made"), zip(PAGES, ("second.jpg", "new.tif", "new.mkv"), strict=True))
def test_the_python_block(folder, page, made):
    (block,) = blocks(page, "python")
    code = BEFORE + block
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    assert (folder / made).exists()
