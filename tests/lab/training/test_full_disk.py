"""A checkpoint that cannot be written is one line, and the one before is whole."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
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
