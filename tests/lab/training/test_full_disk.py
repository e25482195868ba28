"""A checkpoint, a cache or a report that cannot be written is one line; the checkpoint before is whole."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from commands import colorize, fails
from failing import faults

torch = pytest.importorskip("torch")

CODE = """
import sys, torch
from pathlib import Path
from colorizing_things.errors import TrainingError
from colorizing_things.lab.training.checkpoints import save
try:
    save({"weights": torch.ones(300_000)}, Path(sys.argv[1]))
except TrainingError as error:
    print(error.refused, error)
"""


@pytest.mark.parametrize(("fault", "said"), [
    ("write:ENOSPC:.partial:0", "space {}: cannot be written: the disk is full"),
    ("write:EIO:.partial:1", "file {}: cannot be written: Input/output error"),
    ("open:EACCES:.partial:0", "file {}: cannot be written: Permission denied"),
])  # fmt: skip
def test_the_last_good_checkpoint_is_never_harmed(tmp_path, fault, said):
    from colorizing_things.lab.training.checkpoints import save

    path = tmp_path / "last.ckpt"
    save({"step": 1}, path)
    before = path.read_bytes()
    environment = {**os.environ, **faults(fault)}
    done = subprocess.run([sys.executable, "-c", CODE, path], capture_output=True, text=True, env=environment)
    assert done.stdout.startswith(said.format(path)), done.stderr
    assert f"the same command goes on from it: {path}" in done.stdout
    assert path.read_bytes() == before and [each.name for each in tmp_path.iterdir()] == ["last.ckpt"]


def test_a_folder_of_training_pictures_that_may_not_be_listed_is_an_error(tmp_path):
    (tmp_path / "inner").mkdir()
    code = "import sys; from pathlib import Path; from colorizing_things.lab.data.sources import list_files as list_; "
    code += "from colorizing_things.errors import PictureError\ntry: list_(Path(sys.argv[1]))\n"
    code += "except PictureError as error: print(error)"
    environment = {**os.environ, **faults(f"opendir:EACCES:{tmp_path}/inner:0")}
    done = subprocess.run([sys.executable, "-c", code, tmp_path], capture_output=True, text=True, env=environment)
    assert done.stdout.startswith(f"{tmp_path}/inner: cannot be listed: Permission denied"), done.stderr


TINY = ("size=64", "weights=none", "network.widths=[8,8,8]", "queries=2", "query_layers=3", "query_width=8",
        "batch_size=2", "sample_every=1")  # fmt: skip


@pytest.mark.parametrize(
    ("fault", "where"),
    [
        ("write:ENOSPC:pixels.u8:0", "/pixels.u8"),
        ("write:ENOSPC:index.json:0", "/index.json"),
        ("write:ENOSPC:/run/run.json:0", "run/run.json"),
        ("write:ENOSPC:/run/events:0", "run"),
        ("write:ENOSPC:/run/samples:0", "run/samples/000001.png"),
    ],
)
def test_a_run_whose_cache_or_folder_is_full_says_which_in_a_line(photographs, tmp_path, fault, where):
    own = {"XDG_CACHE_HOME": str(tmp_path / "cache"), **faults(fault)}
    small = [word for setting in TINY for word in ("--set", setting)]
    words = ("train", "mobile-unet", "--data", photographs, "--out", "run", "--max-steps", "2", *small)
    said = fails(*words, cwd=tmp_path, env=own)
    assert f"{where}: cannot be written: the disk is full; free some space" in said


@pytest.mark.parametrize("name", ["records.jsonl", "costs.json", "pictures", "results.json", "index.html"])
def test_a_report_that_cannot_be_written_says_so_in_a_line(photographs, tmp_path, name):
    words = ("evaluate", "default", "--data", photographs, "--out", "report", "--limit", "2", "--workers", "1")
    done = colorize(*words, cwd=tmp_path, env=faults(f"write:ENOSPC:report/{name}:0"))
    last = done.stderr.decode().splitlines()[-1]
    assert done.returncode == 1 and b"Traceback" not in done.stderr
    assert last.startswith(f"colorize: report/{name}") and "cannot be written: the disk is full" in last
