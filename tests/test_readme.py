"""The README's blocks run as they stand, in a folder with the pictures that they speak of."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

README = Path(__file__).parents[1] / "README.md"
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", README.read_text(), re.MULTILINE | re.DOTALL)
# What sets up a machine is CI's own first step; a server and a browser do not end by themselves; the lab's fine-tuning,
# and the model that comes of it, are test_finetuning's.
ELSEWHERE = ("python3 -m venv", "pip install", "make ", "pytest", "colorize serve", "colorize train", "album-model")


@pytest.fixture
def folder(tmp_path):
    """A demo, whose grey photograph is old.jpg; another to lend its palette; scans; painted hints; a film."""
    from films import panned, write_film
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
    write_film(tmp_path / "reel.mp4", panned(4), codec="libx264")
    program = tmp_path / "bin" / "colorize"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m colorizing_things "$@"\n')
    program.chmod(0o755)
    return tmp_path


@pytest.mark.skipif(os.name == "nt", reason="the blocks are a Unix shell's")
def test_every_command(folder):
    lines = [line.removeprefix("$ ") for kind, block in BLOCKS if kind == "console" for line in block.splitlines()]
    lines = [line for line in lines if not any(word in line for word in ELSEWHERE)]
    assert len(lines) > 8
    path = f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
    for line in lines:
        for old in ("coat.jpg", "like.jpg", "demo.grey.jpg"):
            (folder / old).unlink(missing_ok=True)
        done = subprocess.run(["bash", "-ec", line], cwd=folder, env={**os.environ, "PATH": path}, capture_output=True)
        assert done.returncode == 0, (line, done.stderr.decode())


def test_the_python_block(folder):
    (block,) = [text for kind, text in BLOCKS if kind == "python"]
    code = 'picture = "old.jpg"\n' + block
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    assert (folder / "second.jpg").exists()
