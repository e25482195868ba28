"""Blocks of docs/scale.md run as they stand, with the tests' own store for S3 and one machine for the cluster."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from blocks import blocks, commands, run

PAGE = "docs/scale.md"


@pytest.fixture(scope="module")
def machine(environment: None) -> Iterator[str]:
    """Address of Ray on this machine, with as many cores as the Python block's workers and its reading want."""
    import ray

    ray.init("local", num_cpus=6, include_dashboard=False, log_to_driver=False)
    yield ray.get_runtime_context().gcs_address
    ray.shutdown()


@pytest.mark.skipif(os.name == "nt", reason="the blocks are a Unix shell's")
def test_every_command(archive, tmp_path, store, machine, monkeypatch):
    """Ray is started once, as it takes a while: the line for one machine joins it too."""
    from colorizing_things.ray.place import Place

    (archive / "broken.jpg").unlink()  # of which the command would tell, and end with 1
    bucket = Place.of(f"s3://archive/scans{store}")
    bucket.write("1.jpg", (archive / "1901" / "1.jpg").read_bytes())
    monkeypatch.setenv("RAY_ADDRESS", machine)
    lines = commands(PAGE)
    assert len(lines) == 2
    for line in lines:
        for uri in ("s3://archive/scans", "s3://coloured/scans"):
            line = line.replace(f"{uri} ", f"'{uri}{store}' ")
        run(line, tmp_path)
    assert len(list((tmp_path / "coloured").rglob("*.jpg"))) == 8
    assert Place.of(f"s3://coloured/scans{store}").checksum("1.jpg") != bucket.checksum("1.jpg")


def test_the_python_block(archive, machine):
    (block,) = blocks(PAGE, "python")
    shutil.rmtree(archive / "1901")
    assert block.count('"s3://archive/scans"') == 1
    found: dict = {}
    exec(block.replace("s3://archive/scans", str(archive)), found)
    rows = {Path(row["path"]).name: row for row in found["colored"].take_all()}
    assert not rows["0.jpg"]["error"] and rows["0.jpg"]["bytes"] != (archive / "0.jpg").read_bytes()
    assert rows["broken.jpg"]["error"]
