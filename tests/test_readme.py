"""Blocks of the README and of the docs run as they stand, in a folder with the pictures that they speak of."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[1]
PAGES = ("README.md", "docs/command.md", "docs/film.md")
# What sets up a machine is CI's own first step; a server and a browser do not end by themselves; the lab's fine-tuning,
# and the model that comes of it, are test_finetuning's.
BEFORE = """# what the sentences before a block speak of
from PIL import Image
import numpy as np
picture = "old.jpg"
array = np.asarray(Image.open("old.jpg"))
"""
ELSEWHERE = ("python3 -m venv", "pip install", "make ", "pytest", "colorize serve", "colorize train", "album-model")


def blocks(page: str, kind: str) -> list[str]:
    found = re.findall(r"^```(\w+)\n(.*?)^```", (ROOT / page).read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    return [text for its, text in found if its == kind]


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
    program = tmp_path / "bin" / "colorize"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m colorizing_things "$@"\n')
    program.chmod(0o755)
    return tmp_path


@pytest.mark.skipif(os.name == "nt", reason="the blocks are a Unix shell's")
@pytest.mark.parametrize("page", PAGES)
def test_every_command(folder, page):
    lines = [line.removeprefix("$ ") for block in blocks(page, "console") for line in block.splitlines()]
    lines = [line for line in lines if not any(word in line for word in ELSEWHERE)]
    assert len(lines) >= {"README.md": 9, "docs/command.md": 4, "docs/film.md": 6}[page]
    path = f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
    for line in lines:
        for old in ("coat.jpg", "like.jpg", "demo.grey.jpg"):
            (folder / old).unlink(missing_ok=True)
        done = subprocess.run(["bash", "-ec", line], cwd=folder, env={**os.environ, "PATH": path}, capture_output=True)
        assert done.returncode == 0, (line, done.stderr.decode())


@pytest.mark.parametrize(("page", "made"), zip(PAGES, ("second.jpg", "new.tif", "new.mkv"), strict=True))
def test_the_python_block(folder, page, made):
    (block,) = blocks(page, "python")
    code = BEFORE + block
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    assert (folder / made).exists()
