"""The command as a user runs it: a process of its own, its exit code and its one line."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import numpy as np
import pytest
from commands import SLOWLY, colorize, fails, start
from measures import chroma
from PIL import Image
from waiting import PATIENCE, until


def test_one_picture(old_jpg):
    result = colorize("old.jpg", cwd=old_jpg.parent)
    assert result.returncode == 0 and result.stdout == b""
    assert b"old.color.jpg (600 x 400" in result.stderr
    assert chroma(np.asarray(Image.open(old_jpg.with_name("old.color.jpg")))).mean() > 3


def test_options_may_come_first_and_the_verb_may_be_said(old_jpg):
    assert colorize("-o", "x.png", "old.jpg", cwd=old_jpg.parent).returncode == 0
    assert Image.open(old_jpg.with_name("x.png")).format == "PNG"
    assert colorize("color", "old.jpg", "--format", "webp", cwd=old_jpg.parent).returncode == 0
    assert Image.open(old_jpg.with_name("old.color.webp")).format == "WEBP"


def test_a_folder_with_a_bad_file(old_jpg, tmp_path):
    scans = tmp_path / "scans"
    scans.mkdir()
    for number in range(3):
        (scans / f"{number}.jpg").write_bytes(old_jpg.read_bytes())
    (scans / "bad.jpg").write_text("no picture")
    result = colorize("scans", "-o", "out", "--json", cwd=tmp_path)
    lines = [json.loads(line) for line in result.stdout.decode().splitlines()]
    assert result.returncode == 1
    assert sorted(line["status"] for line in lines) == ["done", "done", "done", "failed"]
    assert next(line for line in lines if line["status"] == "failed")["error"]
    said = result.stderr.decode().splitlines()
    assert "" not in said and said[-1] == "3 done  0 skipped  1 failed"  # rich would leave an empty line
    again = colorize("scans", "-o", "out", cwd=tmp_path)
    assert "0 done  3 skipped  1 failed" in again.stderr.decode()
    assert "bad.jpg" in again.stderr.decode()


def test_pipes(old_jpg, tmp_path):
    result = colorize("-", stdin=old_jpg.read_bytes())
    assert result.returncode == 0 and result.stdout[:3] == b"\xff\xd8\xff"
    assert colorize("-", "--format", "png", stdin=old_jpg.read_bytes()).stdout[:4] == b"\x89PNG"
    assert colorize(old_jpg, "-o", "-").stdout[:3] == b"\xff\xd8\xff"
    assert colorize("-", "-o", tmp_path / "new.png", stdin=old_jpg.read_bytes()).returncode == 0
    assert Image.open(tmp_path / "new.png").format == "PNG"
    assert "stdin" in fails("-", stdin=b"")
    assert "folder" in fails("-", "-o", tmp_path, stdin=old_jpg.read_bytes())


def test_bad_input_is_one_line(old_jpg, tmp_path):
    assert "no such" in fails(tmp_path / "missing.jpg")
    (tmp_path / "empty").mkdir()
    assert "holds no pictures" in fails(tmp_path / "empty")
    (tmp_path / "text.jpg").write_text("hello")
    assert "text.jpg" in fails(tmp_path / "text.jpg")
    (tmp_path / "zero.jpg").touch()
    assert "empty" in fails(tmp_path / "zero.jpg")
    assert "original" in fails(old_jpg, "-o", old_jpg, "--overwrite")
    assert "original" in fails(old_jpg, "-o", old_jpg)
    assert "choose default" in fails(old_jpg, "--model", "nothing")
    assert "choose jpeg" in fails(old_jpg, "--format", "gif")
    assert "quality 0" in fails(old_jpg, "--quality", "0")
    assert "size 7" in fails(old_jpg, "--size", "7")
    assert "strength 3" in fails(old_jpg, "--strength", "3")
    assert "jobs 0" in fails(old_jpg, "--jobs", "0")
    assert "device" in fails(old_jpg, "--device", "abacus")
    assert "--max-pixels" in fails(old_jpg, "--max-pixels", "1000")
    assert "cannot write .xyz" in fails(old_jpg, "-o", tmp_path / "a.xyz")
    assert "colorize --help" in fails(old_jpg, "--nonsense", code=2)
    assert "colorize --help" in fails(old_jpg, "--quality", "high", code=2)
    assert {p.name for p in tmp_path.iterdir()} == {"old.jpg", "empty", "text.jpg", "zero.jpg"}


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read and write everything")
def test_permissions(old_jpg, tmp_path):
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o500)
    assert "cannot be written" in fails(old_jpg, "-o", locked / "x.jpg")
    old_jpg.chmod(0)
    assert "permissions" in fails(old_jpg)


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
def test_ctrl_c_leaves_no_partial_file(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 255, (1500, 2000), dtype=np.uint8)  # 12 strips, 6 s
    for number in range(6):
        Image.fromarray(pixels).save(tmp_path / f"{number}.jpg", quality=70)
    process = start(".", cwd=tmp_path, before=SLOWLY)
    until(lambda: list(tmp_path.glob("*.color.jpg")))
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert b"Traceback" not in stderr and b"go on" in stderr
    assert not list(tmp_path.glob(".*"))
    done = list(tmp_path.glob("*.color.jpg"))
    assert 1 <= len(done) < 6
    for path in done:
        Image.open(path).load()


def test_demo_models_doctor_and_version(tmp_path):
    assert colorize("demo", cwd=tmp_path).returncode == 0
    gray, colored, both = (Image.open(tmp_path / f"demo.{n}.jpg") for n in ("grey", "color", "side-by-side"))
    assert gray.mode == "L" and colored.size == gray.size and both.size == (2 * gray.width, gray.height)
    assert chroma(np.asarray(colored)).mean() > 3
    listing = colorize("models").stdout.decode()
    assert "default" in listing and "million weights" in listing
    assert json.loads(colorize("models", "--json").stdout)[0]["name"] == "default"
    assert "megapixel coloured" in colorize("doctor").stdout.decode()
    from colorizing_things import __version__

    assert colorize("--version").stdout.decode().strip() == __version__


def test_no_word_at_all_shows_the_help(tmp_path):
    result = colorize(cwd=tmp_path)
    assert result.returncode == 2 and b"PICTURE" not in result.stderr
    assert b"Usage" in result.stdout and b"colorize:" not in result.stdout + result.stderr


def test_help_loads_nothing():
    code = (
        "import sys; sys.argv[1:] = ['--help']; from colorizing_things.__main__ import main\n"
        "try: main()\nexcept SystemExit: pass\n"
        "assert not {'numpy', 'onnxruntime', 'pyvips', 'PIL', 'rich.progress'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_a_folder_with_a_verbs_name(old_jpg, tmp_path):
    (tmp_path / "export").mkdir()
    old_jpg.rename(tmp_path / "export" / "old.jpg")
    assert colorize("export", cwd=tmp_path).returncode == 0
    assert (tmp_path / "export" / "old.color.jpg").exists()


def test_a_new_folder_needs_its_slash(old_jpg, tmp_path):
    assert "to mean a folder, write new/" in fails("old.jpg", "-o", "new", cwd=tmp_path)


def test_a_negative(old_jpg, tmp_path):
    Image.fromarray(255 - np.asarray(Image.open(old_jpg))).save(tmp_path / "negative.png")
    assert colorize("negative.png", "--invert", "-o", "positive.png", cwd=tmp_path).returncode == 0
    positive = np.asarray(Image.open(tmp_path / "positive.png").convert("L")).astype(int)
    assert np.abs(positive - np.asarray(Image.open(old_jpg))).mean() < 12


def test_help_lists_every_verb():
    text = colorize("--help", env={"COLUMNS": "100"}).stdout.decode()
    for verb in ("demo", "models", "doctor", "train", "export", "recipes", "evaluate", "turing"):
        assert verb in text


def test_lab_verbs_say_what_to_install(tmp_path):
    """With torch out of the way, a lab verb is one line that names the extra."""
    (tmp_path / "torch.py").write_text("raise ModuleNotFoundError('No module named torch', name='torch')")
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)
    text = fails("train", "default", "--data", ".", "--out", "run", env={"PYTHONPATH": path})
    assert ".[train]" in text


def test_mood_and_seed_of_a_model_with_noise(old_jpg, tmp_path):
    pytest.importorskip("onnx")
    from tiny_models import noise_model, plain_model

    model = noise_model(tmp_path / "noise")

    def run(name, *options):
        assert colorize(old_jpg, "-o", tmp_path / name, "--model", model, *options).returncode == 0
        return np.asarray(Image.open(tmp_path / name)).astype(int)

    usual, lively = run("a.png"), run("b.png", "--mood", 1, "--seed", 2)
    assert np.abs(usual - lively).mean() > 1
    assert (run("c.png", "--mood", 1, "--seed", 2) == lively).all()
    assert "has no mood" in fails(old_jpg, "--mood", 0.5, "--model", plain_model(tmp_path / "plain"))
    assert "mood 3.0: must be 0" in fails(old_jpg, "--mood", 3, "--model", model)
