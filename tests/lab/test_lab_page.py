"""Blocks of docs/lab.md run as they stand, on miniature photographs; what takes hours takes a few steps (STEPS)."""

from __future__ import annotations

import json
import os
import shlex
import shutil

import numpy as np
import pytest

pytest.importorskip("torch")

from blocks import commands, run
from PIL import Image
from skimage import data
from typer.testing import CliRunner

from colorizing_things.cli import app
from colorizing_things.model.catalog import find_model

PAGE = "docs/lab.md"
TINY = "--max-steps 2 --set batch_size=2 --set size=64 --set weights=none"
# What is put behind the lines that begin so; the later --set counts.
STEPS = {
    "colorize train default": f"{TINY} --set aspects=[1] --set network.width=32 --set depth=1",
    "colorize evaluate": "--workers 1 --size 64",  # one worker is this process: torch loads once
    "torchrun": f"{TINY} --set network.width=0.125 --set network.widths=[16,16,16,8]",
}
INSTEAD = {"--nproc-per-node=4": "--nproc-per-node=1"}
MODELS = ("my-model", "mine-model", "runs/vae")  # copies of the bundled one; so is a run, where it is measured
# Two machines; what exports, which takes a minute each: test_export and test_finetuning do. torchrun with two
# processes is test_devices'.
ELSEWHERE = ("--nnodes=2", "colorize export", "--start default")


@pytest.fixture(scope="module")
def folder(tmp_path_factory, photographs, gray_photo):
    """Photographs to learn from and to measure on, two other colourings of these, outlines, and a judge's answers."""
    folder = tmp_path_factory.mktemp("lab")
    shutil.copytree(photographs, folder / "photographs")
    for name in MODELS:
        shutil.copytree(find_model("default").folder, folder / name)
    Image.fromarray(gray_photo).save(folder / "old.jpg")
    for name in ("val", "theirs", "ours", "val2017"):
        (folder / name).mkdir()
    for number in range(5):
        small = Image.fromarray(data.coffee()[40 * number :]).resize((96, 72))
        small.save(folder / "val" / f"{number}.png")
        faded = (np.asarray(small) * 0.5 + np.asarray(small.convert("L"))[..., None] * 0.5).astype(np.uint8)
        for name in ("theirs", "ours"):
            Image.fromarray(faded).save(folder / name / f"{number}.png")
    Image.fromarray(data.coffee()).save(folder / "val2017" / "cup.jpg")
    outline = {"image_id": 1, "segmentation": [[170, 110, 400, 110, 400, 330, 170, 330]]}
    listed = {"id": 1, "file_name": "cup.jpg", "width": 600, "height": 400}
    (folder / "instances.json").write_text(json.dumps({"images": [listed], "annotations": [outline]}))
    (folder / "answers.json").write_text(json.dumps({"answers": {"1": "none"}}))
    return folder


@pytest.mark.skipif(os.name == "nt", reason="the blocks are a Unix shell's")
def test_every_command(folder, monkeypatch):
    monkeypatch.chdir(folder)
    lines = commands(PAGE, elsewhere=ELSEWHERE)
    assert len(lines) == 18
    for line in lines:
        for theirs, here in INSTEAD.items():
            line = line.replace(theirs, here)
        if line.startswith("colorize evaluate"):
            line = line.replace("runs/mine", "my-model")
        words = shlex.split(line, comments=True)
        words += next((shlex.split(more) for start, more in STEPS.items() if line.startswith(start)), [])
        if words[0] != "colorize":
            run(shlex.join(words), folder)
            continue
        (folder / "old.color.jpg").unlink(missing_ok=True)
        if line.startswith("colorize train") and "--set" in line:
            shutil.rmtree("runs/mine")  # or there would be nothing left to learn
        done = CliRunner().invoke(app, words[1:])
        assert done.exit_code == 0, (line, done.output, done.exception)
    assert (folder / "report" / "turing.html").exists() and (folder / "pairs").is_dir()
    assert all((folder / "runs" / run / "last.ckpt").exists() for run in ("mine", "unet"))
