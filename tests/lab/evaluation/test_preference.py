"""Blind pairs: nothing tells the judge whose is whose, and the key and the answers count right."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

pytest.importorskip("torch")

import numpy as np
import typer
from PIL import Image
from typer.testing import CliRunner

from colorizing_things.errors import PictureError, SettingError
from colorizing_things.lab.cli.turing import turing
from colorizing_things.lab.evaluation.pictures import choose
from colorizing_things.lab.evaluation.preference import (
    Count,
    count,
    draw_pairs,
    key_beside,
    load_key,
    report,
    wilson,
    write_pairs,
)


def invoke(*words: object):
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(turing)
    return CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=False)


def colorings(folder: Path, names: list[str], color: tuple[int, int, int]) -> Path:
    folder.mkdir()
    for name in names:
        Image.new("RGB", (60, 40), color).save(folder / f"{name}.png")
    return folder


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path, Path]:
    names = [f"p{n}" for n in range(7)]
    return (
        colorings(tmp_path / "red", names, (200, 0, 0)),
        colorings(tmp_path / "blue", [f"{name}.color" for name in names], (0, 0, 200)),
        colorings(tmp_path / "real", names, (0, 200, 0)),
    )


@pytest.mark.parametrize(
    ("hits", "trials", "low", "high"),
    [(34, 36, 0.8186, 0.9846), (0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (5, 10, 0.2366, 0.7634), (0, 0, 0, 1)],
)
def test_wilsons_interval(hits, trials, low, high):
    assert wilson(hits, trials) == pytest.approx((low, high), abs=1e-4)


def test_sides_and_order_are_the_seeds_and_balanced():
    names = [f"p{n}" for n in range(60)]
    pairs = draw_pairs(names, 0)
    assert pairs == draw_pairs(names, 0) != draw_pairs(names, 1)
    assert sorted(pair.picture for pair in pairs) == sorted(names) and [p.number for p in pairs] == list(range(1, 61))
    assert sum(pair.first == "left" for pair in pairs) == 30
    firsts = {draw_pairs(["p"], seed)[0].first for seed in range(20)}
    assert firsts == {"left", "right"}  # of an odd pair too


def test_the_sheets_show_what_the_key_says(folders, tmp_path):
    red, blue, real = folders
    out = tmp_path / "pairs"
    key = write_pairs(red, blue, out, key_beside(out), real)
    assert load_key(tmp_path / "pairs.key.json") == key and (key.first, key.second) == ("red", "blue")
    sheets = sorted((out / "sheets").glob("*.png"))
    assert len(sheets) == 7
    for pair, sheet in zip(key.pairs, sheets, strict=True):
        pixels = np.asarray(Image.open(sheet))
        left, right, last = (pixels[50, 16 + n * 76 + 30].argmax() for n in range(3))
        assert (left, right, last) == ((0, 2, 1) if pair.first == "left" else (2, 0, 1))
        assert not Image.open(sheet).info  # no metadata that could tell


def test_nothing_for_the_judge_tells_whose_is_whose(folders, tmp_path):
    out = tmp_path / "pairs"
    write_pairs(*folders[:2], out, key_beside(out))
    assert sorted(path.name for path in out.iterdir()) == ["index.html", "sheets"]
    page = (out / "index.html").read_text()
    text = re.sub(r"data:image/webp;base64,[^\"]*", "", page)
    assert "red" not in re.sub(r"\w*red\w+|\w+red", "", text) and "blue" not in text and "p3" not in text
    assert "$" not in text and not re.search(r"""(?:src|href)=["'](?!data:)""", page)
    shown = json.loads(re.search(r'id="data">(.*?)</script>', page, re.S)[1])["shown"]
    assert len(shown) == 7 and all(set(pair) == {"number", "left", "right"} for pair in shown)
    with pytest.raises(SettingError, match="outside of"):
        write_pairs(*folders[:2], out, out / "key.json")


def test_several_pairs_fit_on_a_sheet(folders, tmp_path):
    out = tmp_path / "pairs"
    write_pairs(*folders[:2], out, key_beside(out))
    write_pairs(*folders[:2], out, key_beside(out), rows=3)  # again: the first sheets go
    heights = [Image.open(sheet).height for sheet in sorted((out / "sheets").glob("*.png"))]
    assert heights == [3 * 84, 3 * 84, 84]


def test_a_limit_chooses_what_evaluate_chooses(folders, tmp_path):
    out = tmp_path / "pairs"
    key = write_pairs(*folders[:2], out, key_beside(out), folders[2], seed=5, limit=3)
    assert sorted(pair.picture for pair in key.pairs) == [picture.name for picture in choose(folders[2], 3, 5)]


def test_answers_are_counted_with_the_key(folders, tmp_path):
    out = tmp_path / "pairs"
    key = write_pairs(*folders[:2], out, key_beside(out))
    sides = {str(pair.number): pair.first for pair in key.pairs}
    other = {"left": "right", "right": "left"}
    words = {**sides, "2": other[sides["2"]], "5": "none"}
    path = tmp_path / "answers.json"
    path.write_text(json.dumps({"pairs": key.checksum, "answers": words}))
    counted = count(key, path)
    assert counted == Count(first=5, second=1, neither=1)
    assert report(key, counted) == "red preferred to blue in 5 of 6 pairs: 83% (95% interval 44% to 97%); 1 undecided"
    assert counted + counted == Count(10, 2, 2)
    path.write_text(json.dumps({"answers": {"1": "none"}}))  # by hand, and not all
    assert report(key, count(key, path)) == "red and blue: no pair was decided; 1 undecided"


def test_answers_that_cannot_be(folders, tmp_path):
    out = tmp_path / "pairs"
    key = write_pairs(*folders[:2], out, key_beside(out))
    path = tmp_path / "answers.json"
    for text, said in (
        ('{"answers": {"8": "left"}}', "pair '8': 'left'; number 1 to 7"),
        ('{"answers": {"1": "both"}}', "'both'"),
        ('{"pairs": "0", "answers": {}}', "other pairs"),
        ("[]", "write"),
        ("no", "not JSON"),
    ):
        path.write_text(text)
        with pytest.raises(SettingError, match=said):
            count(key, path)
    with pytest.raises(SettingError, match=r"nowhere\.key\.json: no key there"):
        load_key(tmp_path / "nowhere.key.json")


def test_pictures_that_do_not_pair_are_named(folders, tmp_path):
    (folders[0] / "p3.png").unlink()
    out = tmp_path / "pairs"
    with pytest.raises(PictureError, match=r"red: has no picture p3 \(1 of 7"):
        write_pairs(*folders[:2], out, key_beside(out), folders[2])
    assert len(write_pairs(*folders[:2], out, key_beside(out)).pairs) == 6  # without real ones: what both have
    strangers = colorings(tmp_path / "strangers", ["other"], (1, 2, 3))
    with pytest.raises(PictureError, match="no picture has the same name"):
        write_pairs(strangers, folders[1], out, key_beside(out))


def test_the_command_writes_pairs_and_counts(folders, tmp_path):
    out = tmp_path / "judged"
    done = invoke(*folders[:2], "--out", out, "--real", folders[2], "--limit", 4)
    assert done.exit_code == 0 and done.stdout.strip() == str(out / "index.html")
    key = load_key(tmp_path / "judged.key.json")
    answers = tmp_path / "one.json"
    answers.write_text(json.dumps({"answers": {str(pair.number): pair.first for pair in key.pairs}}))
    done = invoke(out, "--answers", answers, "--answers", answers)
    lines = done.stdout.splitlines()
    assert lines[0].startswith("one.json: red preferred to blue in 4 of 4 pairs: 100% (95% interval 51% to 100%)")
    assert "8 of 8" in lines[2]
    with pytest.raises(SettingError, match="3 folders: give a report, or two folders"):
        invoke(*folders)
