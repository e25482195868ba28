"""The two verbs, as their entry points are called."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

pytest.importorskip("torch")

import typer
from PIL import Image
from skimage import data
from typer.testing import CliRunner

from colorizing_things.errors import SettingError
from colorizing_things.lab.cli.evaluate import evaluate
from colorizing_things.lab.cli.turing import turing


def invoke(verb, *words: str):
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(verb)
    return CliRunner().invoke(app, list(words), catch_exceptions=False)


def test_importing_the_verbs_loads_no_torch():
    modules = "colorizing_things.lab.cli.evaluate, colorizing_things.lab.cli.turing"
    subprocess.run([sys.executable, "-c", f"import sys, {modules}; assert 'torch' not in sys.modules"], check=True)


def test_a_model_and_a_folder_become_a_report_and_a_turing_test(photo_folder, prediction_folder, tmp_path):
    out = tmp_path / "report"
    words = ["default", "--data", str(photo_folder), "--out", str(out), "--predictions", str(prediction_folder)]
    done = invoke(evaluate, *words, "--limit", "5", "--workers", "1", "--hints", "5")
    lines = done.stdout.splitlines()
    assert done.exit_code == 0 and lines[-1] == str(out / "index.html")
    assert lines[0].startswith("5 photographs of set") and any(line.startswith("p95 ") for line in lines)
    table = (out / "results.md").read_text()
    assert "| | grey | default | default, 5 hints | faded | real |" in table and "s / picture" in table
    assert "chroma of flat grey cards" in table
    done = invoke(turing, str(out), "--model", "faded")
    assert done.exit_code == 0 and (out / "turing.html").exists()


def test_plates_and_outlines_join_the_report(photo_folder, tmp_path):
    out, images = tmp_path / "report", tmp_path / "images"
    images.mkdir()
    Image.fromarray(data.coffee()).save(images / "cup.jpg")
    outline = {"image_id": 1, "segmentation": [[170, 110, 400, 110, 400, 330, 170, 330]]}
    listed = {"id": 1, "file_name": "cup.jpg", "width": 600, "height": 400}
    instances = tmp_path / "instances.json"
    instances.write_text(json.dumps({"images": [listed], "annotations": [outline]}))
    words = ["default", "--data", str(photo_folder), "--out", str(out), "--limit", "2", "--workers", "1"]
    done = invoke(evaluate, *words, "--plate", "blue,pan", "--outlines", str(instances), "--images", str(images))
    assert done.exit_code == 0 and "coverage, 3 hints %" in done.stdout
    results = json.loads((out / "results.json").read_text())
    named = {c["name"]: c["figures"]["p95"]["value"] for c in results["candidates"]}
    assert list(named) == ["grey", "default", "default, blue plate", "default, pan plate", "real"]
    assert named["default, pan plate"] == named["default"] != named["default, blue plate"]
    assert "Wilful hints, 1 objects in 1 photographs" in (out / "results.md").read_text()
    assert "containment, one hint %" in (out / "index.html").read_text()


def test_plates_and_outlines_that_cannot_be(photo_folder, tmp_path):
    words = ["default", "--data", str(photo_folder), "--out", str(tmp_path / "x")]
    with pytest.raises(SettingError, match="plate 'wet': choose blue, ortho, pan"):
        invoke(evaluate, *words, "--plate", "wet")
    with pytest.raises(SettingError, match="give both --outlines"):
        invoke(evaluate, *words, "--outlines", "instances.json")
    with pytest.raises(SettingError, match="name a model"):
        invoke(evaluate, *words[1:], "--plate", "blue")


def test_hints_that_are_no_counts(photo_folder, tmp_path):
    with pytest.raises(SettingError, match="hints 'many': give counts, as 1,5,10,50"):
        invoke(evaluate, "default", "--data", str(photo_folder), "--out", str(tmp_path / "x"), "--hints", "many")


def test_data_and_out_are_asked_for(photo_folder):
    assert invoke(evaluate, "--data", str(photo_folder)).exit_code == 2
