"""The two verbs, as their entry points are called."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytest.importorskip("torch")

import typer
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
    assert done.exit_code == 0 and done.stdout.strip() == str(out / "index.html")
    table = (out / "results.md").read_text()
    assert "| | grey | default | default, 5 hints | faded | real |" in table and "s / picture" in table
    done = invoke(turing, str(out), "--model", "faded")
    assert done.exit_code == 0 and (out / "turing.html").exists()


def test_hints_that_are_no_counts(photo_folder, tmp_path):
    with pytest.raises(SettingError, match="hints 'many': give counts, as 1,5,10,50"):
        invoke(evaluate, "default", "--data", str(photo_folder), "--out", str(tmp_path / "x"), "--hints", "many")


def test_data_and_out_are_asked_for(photo_folder):
    assert invoke(evaluate, "--data", str(photo_folder)).exit_code == 2
