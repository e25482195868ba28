"""A checkpoint, a cache or a report that cannot be written is one line; the checkpoint before is whole."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from failing import faults, in_one_process, library, numbered

torch = pytest.importorskip("torch")

SAVING = """
import os, sys, torch
from pathlib import Path
from colorizing_things.errors import TrainingError
from colorizing_things.lab.training.checkpoints import save
for path, fault in zip(sys.argv[1::2], sys.argv[2::2]):
    os.environ["FAULTS"] = fault
    try:
        save({"weights": torch.ones(300_000)}, Path(path))
        print("saved")
    except TrainingError as error:
        print(error.refused, error)
"""
CHECKPOINT_FAULTS = {  # first what skips a call: a process counts them
    "write:EIO:.partial:1": "file {}: cannot be written: Input/output error",
    "write:ENOSPC:.partial:0": "space {}: cannot be written: the disk is full",
    "open:EACCES:.partial:0": "file {}: cannot be written: Permission denied",
}


@pytest.fixture(scope="module")
def refusals(tmp_path_factory):
    """Of each fault: the checkpoint that was there, what it held, and what was said of the next one."""
    from colorizing_things.lab.training.checkpoints import save

    paths = {fault: tmp_path_factory.mktemp("run") / "last.ckpt" for fault in CHECKPOINT_FAULTS}
    for path in paths.values():
        save({"step": 1}, path)
    before = [path.read_bytes() for path in paths.values()]
    words = [word for fault, path in paths.items() for word in (str(path), numbered(fault))]
    environment = {**os.environ, "LD_PRELOAD": str(library())}
    done = subprocess.run([sys.executable, "-c", SAVING, *words], stdout=subprocess.PIPE, text=True, env=environment)
    return dict(zip(paths, zip(paths.values(), before, done.stdout.splitlines(), strict=True), strict=True))


@pytest.mark.parametrize("fault", CHECKPOINT_FAULTS)
def test_the_last_good_checkpoint_is_never_harmed(refusals, fault):
    path, before, said = refusals[fault]
    assert said.startswith(CHECKPOINT_FAULTS[fault].format(path))
    assert f"the same command goes on from it: {path}" in said
    assert path.read_bytes() == before and [each.name for each in path.parent.iterdir()] == ["last.ckpt"]


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
RUN_FAULTS = {
    "write:ENOSPC:pixels.u8:0": "/pixels.u8",
    "write:ENOSPC:index.json:0": "/index.json",
    "write:ENOSPC:/run/run.json:0": "run/run.json",
    "write:ENOSPC:/run/events:0": "run",
    "write:ENOSPC:/run/samples:0": "run/samples/000001.png",
}
REPORT_FILES = ["records.jsonl", "costs.json", "pictures", "results.json", "index.html"]


@pytest.fixture(scope="module")
def runs(photographs, tmp_path_factory):
    """How a run ends under each fault."""
    small = [word for setting in TINY for word in ("--set", setting)]
    words = ["train", "mobile-unet", "--data", str(photographs), "--out", "run", "--max-steps", "2", *small]
    folders = [tmp_path_factory.mktemp("run") for _ in RUN_FAULTS]
    caches = [{"XDG_CACHE_HOME": str(folder / "cache")} for folder in folders]
    ends = in_one_process([(words, *rest) for rest in zip(folders, RUN_FAULTS, caches, strict=True)])
    return dict(zip(RUN_FAULTS, ends, strict=True))


@pytest.mark.parametrize("fault", RUN_FAULTS)
def test_a_run_whose_cache_or_folder_is_full_says_which_in_a_line(runs, fault):
    code, _, said = runs[fault]
    assert code == 1 and len(said.splitlines()) == 1, said
    assert f"{RUN_FAULTS[fault]}: cannot be written: the disk is full; free some space" in said


@pytest.fixture(scope="module")
def reports(photographs, tmp_path_factory):
    """How a measurement ends where each of its files cannot be written."""
    words = ["evaluate", "default", "--data", str(photographs), "--out", "report", "--limit", "2", "--workers", "1"]
    folders = [tmp_path_factory.mktemp("report") for _ in REPORT_FILES]
    faults = [f"write:ENOSPC:report/{name}:0" for name in REPORT_FILES]
    ends = in_one_process([(words, *rest, {}) for rest in zip(folders, faults, strict=True)])
    return dict(zip(REPORT_FILES, ends, strict=True))


@pytest.mark.parametrize("name", REPORT_FILES)
def test_a_report_that_cannot_be_written_says_so_in_a_line(reports, name):
    code, _, said = reports[name]
    last = said.splitlines()[-1]
    assert code == 1 and "Traceback" not in said
    assert last.startswith(f"colorize: report/{name}") and "cannot be written: the disk is full" in last
