"""Blocks of docs/app.md and docs/browser.md run as they stand, but for the ports; npm's by their names."""

import json
import os
import re
import shlex
import socket
import subprocess
import sys

import httpx
import pytest

pytest.importorskip("fastapi")

from blocks import ROOT, blocks, commands, run
from waiting import until

posix = pytest.mark.skipif(os.name == "nt", reason="the blocks are a Unix shell's")


@pytest.fixture
def port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def is_up(address):
    try:
        return httpx.get(address).status_code == 200
    except httpx.HTTPError:
        return False


@posix
def test_the_app_is_served_where_the_block_says(port, tmp_path):
    serve, printed = commands("docs/app.md", elsewhere=("npm", "cd "))
    words = [sys.executable, "-m", "colorizing_things", *shlex.split(serve)[1:], "--port", str(port)]
    server = subprocess.Popen(words, cwd=tmp_path, stderr=subprocess.PIPE, text=True)
    try:
        assert server.stderr.readline().strip() == printed.replace("8000", str(port))
        until(lambda: is_up(f"http://127.0.0.1:{port}"))
    finally:
        server.terminate()
        server.communicate()


@posix
def test_the_site_is_written_and_looked_at(port, tmp_path):
    write, serve = commands("docs/browser.md", elsewhere=("npm", "cd "))
    run(write, tmp_path)
    words = [sys.executable, *shlex.split(serve, comments=True)[1:], str(port)]
    server = subprocess.Popen(words, cwd=tmp_path, stderr=subprocess.DEVNULL)
    try:
        until(lambda: is_up(f"http://127.0.0.1:{port}"))
        page = httpx.get(f"http://127.0.0.1:{port}").text
    finally:
        server.kill()
        server.wait()
    assert page == (tmp_path / "site" / "index.html").read_text("utf-8")


@pytest.mark.parametrize("page", ["docs/app.md", "docs/browser.md"])
def test_what_builds_the_page_is_there(page):
    """The builds themselves are tried by test_build; here that nothing is named which is gone."""
    lines = [line for block in blocks(page, "console") for line in block.splitlines()]
    scripts = json.loads((ROOT / "web" / "package.json").read_text("utf-8"))["scripts"]
    named = [found[1] for line in lines if (found := re.search(r"npm run ([\w:]+)", line))]
    tests = [word for line in lines if "pytest" in line for word in line.split() if word.startswith("tests/")]
    assert named and set(named) <= set(scripts)
    assert tests and all((ROOT / path).exists() for path in tests)
