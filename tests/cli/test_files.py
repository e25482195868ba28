"""Which files are coloured, which are left alone, and that nothing goes missing without a word."""

from __future__ import annotations

import codecs
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from commands import ENTRY, SLOWLY, at_import, colorize, fails, start
from PIL import Image
from waiting import PATIENCE, until


def lines(result):
    return [json.loads(line) for line in result.stdout.decode().splitlines()]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_a_name_that_is_no_utf8(old_jpg, tmp_path):
    old_jpg.rename(tmp_path / os.fsdecode(b"caf\xe9.jpg"))
    result = colorize(".", "--json", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert [line["status"] for line in lines(result)] == ["done"]
    with (tmp_path / os.fsdecode(b"caf\xe9.color.jpg")).open("rb") as file:
        assert np.asarray(Image.open(file)).shape == (400, 600, 3)


def test_a_name_that_is_too_long_fails_alone(old_jpg, tmp_path):
    old_jpg.rename(tmp_path / ("n" * 250 + ".jpg"))
    Image.new("L", (40, 30), 99).save(tmp_path / "other.jpg")
    result = colorize(".", "--json", cwd=tmp_path)
    assert result.returncode == 1 and b"Traceback" not in result.stderr
    assert sorted(line["status"] for line in lines(result)) == ["done", "failed"]
    assert "too long" in next(line["error"] for line in lines(result) if line["error"])
    assert "too long" in fails("x" * 300 + ".jpg", cwd=tmp_path)


def test_any_name_in_any_encoding(old_jpg, tmp_path):
    """Bytes of a name, which this process itself may not be able to show."""
    if codecs.lookup(sys.getfilesystemencoding()).name == "euc_jp":
        pytest.skip("Python reads its words by the C library, whose EUC-JP knows more letters than Python's own")
    name, result_name = "日本 📷.jpg".encode(), "日本 📷.color.jpg".encode()
    old_jpg.rename(tmp_path / os.fsdecode(name))
    words = (os.fsdecode(name), "--json")
    result = colorize(*words, cwd=tmp_path, env={"PYTHONIOENCODING": "cp1252", "PYTHONUTF8": "0"})
    assert result.returncode == 0, result.stderr
    assert os.fsencode(lines(result)[0]["output"]) == result_name
    again = colorize(os.fsdecode(name), cwd=tmp_path, env={"PYTHONIOENCODING": "ascii"})
    assert again.returncode == 0 and b"is there already" in again.stderr


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
def test_json_is_json_in_any_encoding(old_jpg, encoding):
    old_jpg.rename(old_jpg.with_name(os.fsdecode("é 日 📷.jpg".encode())))
    result = colorize(".", "--json", cwd=old_jpg.parent, env={"PYTHONIOENCODING": encoding})
    assert os.fsencode(lines(result)[0]["input"]) == "é 日 📷.jpg".encode()
    assert json.loads(colorize("models", "--json", env={"PYTHONIOENCODING": encoding}).stdout.decode())


def test_one_bad_name_among_good_ones(old_jpg, tmp_path):
    (tmp_path / "x.bmp").write_text("nothing")
    result = colorize("nowhere.jpg", "x.bmp", "old.jpg", "-o", "out", "--json", cwd=tmp_path)
    found = {line["input"]: line["status"] for line in lines(result)}
    assert result.returncode == 1
    assert found == {"nowhere.jpg": "failed", "x.bmp": "failed", "old.jpg": "done"}
    said = colorize("nowhere.jpg", "x.bmp", "old.jpg", "-o", "out", cwd=tmp_path).stderr.decode()
    assert "failed: nowhere.jpg: no such file" in said and "0 done  1 skipped  2 failed" in said


def test_what_looks_like_a_picture_in_a_folder_is_named(old_jpg, tmp_path):
    for name in ("drawing.svg", "raw.nef", "notes.txt"):
        (tmp_path / name).write_text("x")
    (tmp_path / "nosuffix").write_bytes(old_jpg.read_bytes())
    result = colorize(".", "--json", cwd=tmp_path)
    found = {line["input"]: line["status"] for line in lines(result)}
    assert result.returncode == 0
    assert found == {
        "old.jpg": "done", "drawing.svg": "left out", "raw.nef": "left out", "nosuffix": "left out",
    }  # fmt: skip
    said = colorize(".", cwd=tmp_path).stderr.decode()
    assert "left out: drawing.svg: .svg is not read" in said and "raw.nef: a raw file" in said
    assert "1 skipped  0 failed  3 left out" in said


def test_results_in_a_folder_of_their_own_are_no_originals(old_jpg, tmp_path):
    for suffix in (".png", ".tif", ".webp", ".avif"):
        Image.open(old_jpg).convert("RGB").save(tmp_path / f"b{suffix[1:]}{suffix}")
    assert colorize(".", "-o", "coloured", cwd=tmp_path).returncode == 0
    result = colorize(".", "--json", cwd=tmp_path)
    found = {line["input"]: line["status"] for line in lines(result)}
    assert sorted(found.values()) == ["done"] * 5 + ["left out"] * 5
    assert all(("coloured" in name) == (status == "left out") for name, status in found.items())
    assert not list((tmp_path / "coloured").glob("*.color.*"))
    assert colorize("coloured/old.jpg", cwd=tmp_path).returncode == 0  # named, it is meant


def test_two_pictures_of_one_stem(old_jpg, tmp_path):
    for suffix in (".gif", ".png", ".bmp"):
        Image.open(old_jpg).save(tmp_path / f"same{suffix}")
    names = {"same.color.png", "same.gif.color.png", "same.bmp.color.png"}
    assert colorize("same.gif", cwd=tmp_path).returncode == 0  # in two runs or in one, the names are the same
    result = colorize("same.gif", "same.png", "same.bmp", "--json", cwd=tmp_path)
    assert {line["output"] for line in lines(result)} == names
    assert {path.name for path in tmp_path.glob("*.color.png")} == names
    again = colorize(".", cwd=tmp_path)
    assert "1 done  3 skipped  0 failed" in again.stderr.decode()  # old.jpg
    assert "0 done  4 skipped" in colorize(".", cwd=tmp_path).stderr.decode()


@pytest.mark.parametrize(
    "words", [[""], ["old.jpg", "-o", ""], ["old.jpg", "--reference", ""], ["old.jpg", "--hints", ""]]
)
def test_an_empty_name_is_an_error(old_jpg, words):
    assert "an empty name is no file" in fails(*words, cwd=old_jpg.parent)
    assert [path.name for path in old_jpg.parent.iterdir()] == ["old.jpg"]


def test_a_name_must_not_say_another_format(old_jpg):
    assert "its name says jpeg, and png is asked for" in fails(old_jpg, "--format", "png", "-o", "q.jpg")
    assert "its name says jpeg" in fails("-", "--format", "png", "-o", "q.jpg", stdin=old_jpg.read_bytes())


def test_the_demo_overwrites_nothing(tmp_path):
    (tmp_path / "demo.color.jpg").write_text("mine")
    assert "exists already" in fails("demo", cwd=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["demo.color.jpg"]
    assert (tmp_path / "demo.color.jpg").read_text() == "mine"
    assert colorize("demo", "--overwrite", cwd=tmp_path).returncode == 0


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_with_a_name_does_not_hang(tmp_path):
    os.mkfifo(tmp_path / "pipe.jpg")
    assert "is a pipe or a device" in fails(tmp_path / "pipe.jpg")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_a_full_disk_behind_a_pipe_is_one_line(old_jpg):
    command = [sys.executable, "-c", ENTRY, str(old_jpg), "-o", "-"]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 1
    assert done.stderr.decode().splitlines() == [
        "colorize: stdout: cannot be written: the disk is full; free some space and run again"
    ]


def test_what_is_new_is_told_from_what_was_there(old_jpg):
    assert colorize(old_jpg).returncode == 0
    said = colorize("old.jpg", "--confidence", cwd=old_jpg.parent).stderr.decode()
    assert said.startswith("old.confidence.png (") and "old.color.jpg was there already" in said


def test_options_out_of_range(old_jpg):
    assert "seed -1: must be 0 or more" in fails(old_jpg, "--variants", "2", "--seed", "-1")


def test_several_pages_need_a_format_with_pages(old_jpg, tmp_path):
    page = Image.open(old_jpg)
    page.save(tmp_path / "pages.tif", save_all=True, append_images=[page, page])
    for name in ("c.jpg", "c.png", "c.webp", "c.avif"):
        assert "has 3 pages" in fails("pages.tif", "-o", name, cwd=tmp_path)
        assert not (tmp_path / name).exists()
    assert "has 3 pages" in fails("-", "--format", "png", stdin=(tmp_path / "pages.tif").read_bytes())


def test_a_side_over_the_formats_limit_is_said_so(tmp_path):
    Image.new("L", (70_000, 2), 99).save(tmp_path / "wide.png")
    assert "jpeg ends at 65,500" in fails("wide.png", "-o", "w.jpg", cwd=tmp_path)
    assert "webp ends at 16,383" in fails("wide.png", "-o", "w.webp", cwd=tmp_path)
    assert "avif ends at 16,384" in fails("wide.png", "-o", "w.avif", cwd=tmp_path)


@pytest.mark.parametrize(
    "module",
    ["colorizing_things.system.termination", "threading", "colorizing_things.cli", "typer", "rich.console", "numpy",
     "pyvips", "onnxruntime", "onnxruntime.capi.onnxruntime_pybind11_state", "colorizing_things.batch"],
)  # fmt: skip
def test_ctrl_c_at_any_moment_of_the_start(old_jpg, module):
    process = start("old.jpg", cwd=old_jpg.parent, before=at_import(module, signal.SIGINT))
    _, said = process.communicate(timeout=PATIENCE)
    assert said.decode() == "colorize: stopped; run the same command again to go on\n"
    assert process.returncode == 130


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_where_nothing_can_be_raised(old_jpg, number):
    """Python would print what happened in the end of an object, and go on."""
    at_the_end = f"""
import os, colorizing_things.colorizer
class Odd:
    def __del__(self):
        os.kill(os.getpid(), {int(number)})
        list(range(9))
init = colorizing_things.colorizer.Colorizer.__init__
def with_odd(self, *words, **options):
    Odd()
    init(self, *words, **options)
colorizing_things.colorizer.Colorizer.__init__ = with_odd
"""
    process = start("old.jpg", cwd=old_jpg.parent, before=at_the_end)
    _, said = process.communicate(timeout=PATIENCE)
    assert len(said.splitlines()) == 1 and b"run the same command again to go on" in said
    assert process.returncode == (130 if number == signal.SIGINT else 143)
    assert [path.name for path in old_jpg.parent.iterdir()] == ["old.jpg"]


def test_ctrl_c_during_variants_stops_within_a_second_or_so(old_jpg):
    told = """
from colorizing_things.model.runtime import Graph
run, runs = Graph.run, []
def counted(*words):
    runs.append(1)
    if len(runs) == 5:
        print("drawing", flush=True)
    return run(*words)
Graph.run = counted
"""
    words = ("old.jpg", "--variants", "60", "--size", "800")
    process = start(*words, cwd=old_jpg.parent, before=told, stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"drawing\n"
    begun = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=PATIENCE)
    assert time.monotonic() - begun < 10  # 1 on a machine that does nothing else
    assert process.returncode == 130 and b"Traceback" not in said
    assert [path.name for path in old_jpg.parent.iterdir()] == ["old.jpg"]


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_what_a_killed_run_leaves_is_removed_at_the_next(tmp_path, end):
    pixels = np.random.default_rng(0).integers(0, 255, (1500, 2000), dtype=np.uint8)  # 12 strips, 6 s
    Image.fromarray(pixels).save(tmp_path / "big.png", compress_level=1)
    process = start("big.png", cwd=tmp_path, before=SLOWLY)
    until(lambda: list(tmp_path.glob(".big*.part")))
    process.send_signal(end)
    process.communicate(timeout=PATIENCE)
    assert process.returncode == (143 if end == signal.SIGTERM else -9)
    left = list(tmp_path.glob(".big*.part"))
    assert bool(left) == (end == signal.SIGKILL)
    mine = tmp_path / ".big.notours.part"
    mine.touch()
    assert colorize("big.png", cwd=tmp_path).returncode == 0
    assert list(tmp_path.glob(".big*.part")) == [mine]
