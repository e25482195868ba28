"""Every example runs as it stands, in an empty folder."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[1] / "examples"
ALONE = ("numpy_array", "hints", "variants")


def run(name: str, folder: Path, *words: object) -> str:
    command = [sys.executable, str(EXAMPLES / f"{name}.py"), *map(str, words)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("name", ALONE)
def test_an_example_runs(name, tmp_path):
    assert run(name, tmp_path)


def test_a_folder_is_coloured_and_what_is_no_picture_is_said(tmp_path, old_jpg):
    scans = tmp_path / "scans"
    scans.mkdir()
    old_jpg.rename(scans / "old.jpg")
    (scans / "notes.txt").write_text("no picture")
    lines = run("folder", tmp_path, "scans", "coloured").splitlines()
    assert lines[0].startswith("left out: ") and (tmp_path / "coloured" / "old.jpg").exists()


def test_the_client_asks_a_server(tmp_path, old_jpg):
    pytest.importorskip("fastapi")
    pytest.importorskip("uvicorn")
    code = "from colorizing_things.cli import main; main()"
    command = [sys.executable, "-c", code, "serve", "--port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        try:
            assert server.stderr is not None
            address = server.stderr.readline().split()[0]
            assert run("http_client", tmp_path, address, old_jpg).strip() == str(tmp_path / "old.warm.jpg")
        finally:
            server.terminate()


def test_the_labs_example_scores(tmp_path):
    for needed in ("torch", "kornia", "cv2"):
        pytest.importorskip(needed)
    said = dict(line.split(": ", 1) for line in run("own_metric", tmp_path).splitlines())
    assert 0 < float(said["p95"]) < 100 and {"stain_25", "colorless"} <= set(said)


def test_every_example_is_listed_and_run():
    named = {path.stem for path in EXAMPLES.glob("*.py")}
    assert named == {*ALONE, "folder", "http_client", "own_metric"}
    listed = (EXAMPLES / "README.md").read_text()
    assert all(f"({name}.py)" in listed for name in named)
