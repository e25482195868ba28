"""From photographs to a report: resumed, in workers, and read back."""

from __future__ import annotations

import io
import json
import re

import pytest

pytest.importorskip("torch")

import numpy as np
from PIL import Image
from rich.console import Console

from colorizing_things.errors import PictureError, SettingError
from colorizing_things.lab.evaluation import benchmark
from colorizing_things.lab.evaluation.benchmark import run, table_of
from colorizing_things.lab.evaluation.candidates import GrayFloor, RealPhotographs, open_predictions
from colorizing_things.lab.evaluation.evaluate import Request, evaluate
from colorizing_things.lab.evaluation.journal import Journal
from colorizing_things.lab.evaluation.pictures import choose
from colorizing_things.lab.evaluation.tables import markdown
from colorizing_things.lab.evaluation.turing import write_turing
from colorizing_things.lab.metrics import figures


def quiet() -> Console:
    return Console(file=io.StringIO())


@pytest.fixture
def request_(photo_folder, prediction_folder, tmp_path) -> Request:
    return Request(photo_folder, tmp_path / "report", predictions=[prediction_folder], workers=1)


@pytest.fixture
def results(request_) -> dict:
    return evaluate(request_, quiet())


def figure(results: dict, name: str, key: str) -> float:
    candidate = next(c for c in results["candidates"] if c["name"] == name)
    return candidate["figures"][key]["value"]


def test_floor_and_ceiling_are_always_there_and_right(results):
    assert [c["name"] for c in results["candidates"]] == ["grey", "faded", "real"]
    assert figure(results, "real", "psnr") == 100 and figure(results, "real", "auc") == 100
    assert figure(results, "real", "ab_error") == figure(results, "real", "frechet_distance") == 0
    assert figure(results, "real", "kernel_distance") == pytest.approx(0, abs=1e-4)
    assert figure(results, "grey", "colourfulness_abs") == 0 and figure(results, "grey", "near_grey") == 100
    assert figure(results, "grey", "semantic_gain") == 0 and figure(results, "grey", "lightness_change") < 0.2
    assert figure(results, "grey", "ab_error") > figure(results, "faded", "ab_error") > 0
    assert figure(results, "faded", "delta_cf_of_means") == pytest.approx(
        abs(figure(results, "faded", "colourfulness_abs") - figure(results, "real", "colourfulness_abs")), abs=1e-5
    )


def test_values_lie_within_their_intervals(results):
    looked_at = 0
    for candidate in results["candidates"]:
        for key in ("psnr", "ab_error", "auc", "ciede2000", "colourfulness"):
            estimate = candidate["figures"][key]
            assert estimate["low"] - 1e-9 <= estimate["value"] <= estimate["high"] + 1e-9
            looked_at += estimate["low"] < estimate["high"]
    assert looked_at >= 10


def test_the_result_says_how_it_was_made(results, request_, tmp_path):
    text = (request_.out / "results.json").read_text()
    assert json.loads(text) == results
    assert results["set"]["count"] == 6 and len(results["set"]["sha256"]) == 64
    assert results["set"]["name"] == "set" and results["set"]["crop"] == "none"
    assert results["set"]["shorter_side"] == {"least": 96, "median": 97, "most": 128}
    assert results["protocol"]["version"] >= 1 and results["versions"]["torch"]
    assert str(tmp_path) not in text  # no path of this machine
    assert [f["key"] for f in results["figures"]] == list(figures())


def test_every_pair_is_compared(results):
    pairs = [(c["first"], c["second"]) for c in results["comparisons"]]
    assert pairs == [("grey", "faded"), ("grey", "real"), ("faded", "real")]
    difference = results["comparisons"][0]["figures"]["ab_error"]
    expected = figure(results, "grey", "ab_error") - figure(results, "faded", "ab_error")
    assert difference["difference"] == pytest.approx(expected, abs=2e-6)
    assert difference["clear"] and difference["low"] > 0


def test_examples_are_ordered(results):
    examples = results["candidates"][1]["examples"]
    assert set(examples) == {"p95", "stain_25", "colorless", "psnr", "ab_error", "ciede2000", "delta_cf"}
    values = {kind: [e["value"] for e in entries] for kind, entries in examples["psnr"].items()}
    assert min(values["best"]) >= max(values["median"]) >= min(values["median"]) >= max(values["worst"])
    errors = {kind: [e["value"] for e in entries] for kind, entries in examples["ab_error"].items()}
    assert max(errors["best"]) <= min(errors["worst"])


def test_nothing_is_scored_twice_and_the_numbers_stay(request_, results, monkeypatch):
    monkeypatch.setattr(benchmark, "score", lambda *_: pytest.fail("scored again"))
    assert evaluate(request_, quiet()) == results


def test_a_broken_off_run_goes_on_where_it_stopped(request_, results, tmp_path, monkeypatch):
    scored = []
    real_score = benchmark.score

    def score(candidate, picture):
        if len(scored) == 7:
            raise KeyboardInterrupt
        scored.append((candidate.name, picture.name))
        return real_score(candidate, picture)

    monkeypatch.setattr(benchmark, "score", score)
    again = Request(request_.data, tmp_path / "second", predictions=request_.predictions, workers=1)
    with pytest.raises(KeyboardInterrupt):
        evaluate(again, quiet())
    before, scored[:] = set(scored), []
    monkeypatch.setattr(benchmark, "score", lambda c, p: scored.append((c.name, p.name)) or real_score(c, p))
    assert evaluate(again, quiet()) == results
    assert len(before) == 7 and len(scored) == 11 and not before & set(scored)


def test_workers_change_nothing(photo_folder, prediction_folder, tmp_path):
    pictures = choose(photo_folder)
    candidates = [GrayFloor(), open_predictions(prediction_folder, pictures), RealPhotographs()]
    tables = []
    for workers in (1, 2):
        with Journal(tmp_path / f"{workers}.jsonl") as journal:
            assert run(candidates, pictures, journal, workers, quiet()) == 18
            tables.append([table_of(candidate, pictures, journal) for candidate in candidates])
    for one, two in zip(*tables, strict=True):
        assert one.keys() == two.keys()
        for name in one:
            np.testing.assert_array_equal(one[name], two[name])


def test_a_changed_prediction_is_scored_again_and_nothing_else(request_, results, prediction_folder):
    Image.fromarray(np.full((96, 128, 3), 90, np.uint8)).save(prediction_folder / "photo0.webp", lossless=True)
    pictures = choose(request_.data)
    with Journal(request_.out / "records.jsonl") as journal:
        candidates = [GrayFloor(), open_predictions(prediction_folder, pictures), RealPhotographs()]
        assert run(candidates, pictures, journal, 1, quiet()) == 1


def test_trouble_in_a_worker_is_the_same_one_line(photo_folder, tmp_path):
    path = photo_folder / "photo5.png"
    path.write_bytes(path.read_bytes()[:3000])
    with Journal(tmp_path / "j.jsonl") as journal, pytest.raises(PictureError, match="cannot be read"):
        run([GrayFloor()], choose(photo_folder), journal, 2, quiet())


def test_settings_are_checked(photo_folder, tmp_path):
    with pytest.raises(SettingError, match="workers 0"):
        evaluate(Request(photo_folder, tmp_path / "r", workers=0), quiet())


def test_two_pictures_are_enough(photo_folder, tmp_path):
    results = evaluate(Request(photo_folder, tmp_path / "r", limit=2, workers=1), quiet())
    kernel = results["candidates"][0]["figures"]["kernel_distance"]
    assert kernel == {"value": None, "reason": "too few pictures"}


def test_the_page_is_whole(request_, results):
    page = (request_.out / "index.html").read_text()
    assert not re.search(r"""(?:src|href)=["'](?!data:)""", page)  # self-contained
    assert "$" not in re.sub(r"data:[^\"']*", "", page)  # nothing left to fill in
    images = re.findall(r'<img src="data:image/webp;base64,[^"]{100,}', page)
    assert len(images) == 6 * 3 + 7 * 6 * 3  # the sheet; seven figures, two best, median and worst each
    for figure in results["figures"]:
        assert figure["title"] in page
    assert page.count("<svg") == 4
    assert json.loads(re.search(r'id="data">(.*?)</script>', page, re.S)[1])["comparisons"] == results["comparisons"]


def test_names_cannot_break_the_page(photo_folder, prediction_folder, tmp_path):
    odd = prediction_folder.rename(tmp_path / 'a<b>"&|c')
    evaluate(Request(photo_folder, tmp_path / "r", predictions=[odd], workers=1), quiet())
    page, table = (tmp_path / "r" / "index.html").read_text(), (tmp_path / "r" / "results.md").read_text()
    assert "a<b>" not in page and "a&lt;b&gt;&quot;&amp;|c" in page
    assert 'a<b>"&\\|c' in table


def test_the_markdown_table_is_whole(request_, results):
    lines = (request_.out / "results.md").read_text().splitlines()
    rows = [line for line in lines if line.startswith("|")]
    assert rows[0] == "| | grey | faded | real |"
    assert len({row.count("|") for row in rows}) == 1 and len(rows) > 17
    assert next(row for row in rows if "PSNR" in row).endswith("| 100.00 |")
    assert any(line.startswith("Not measured: ECE (the candidate states no confidence)") for line in lines)


def test_many_candidates_are_rows(results):
    gray, faded, real = results["candidates"]
    more = [
        {**faded, "name": f"faded {n}", "parameters": 4.7e6, "pictures_seen": 507200, "hours": 2.9} for n in range(6)
    ]
    lines = [x for x in markdown({**results, "candidates": [gray, *more, real]}).splitlines() if x.startswith("|")]
    assert len(lines) == 2 + 8 and len({line.count("|") for line in lines}) == 1
    assert lines[0].startswith("| | weights | pictures | hours | p95 ↓ | stains at 25 % ↓ |")
    assert "| AuC ↑ | AuC rebalanced ↑ |" in lines[0]
    assert lines[2].startswith("| grey |  |  |  | ")
    p95, auc = (faded["figures"][key]["value"] for key in ("p95", "auc"))
    assert lines[3].startswith(f"| faded 0 | 4.7 M | 507 k | 2.90 | {p95:.2f} (") and f"| {auc:.2f} (" in lines[3]


def test_the_turing_page_holds_the_pairs(request_, results):
    out = request_.out / "turing.html"
    assert write_turing(request_.out, out) == 6
    page = out.read_text()
    data = json.loads(re.search(r'id="data">(.*?)</script>', page, re.S)[1])
    assert data["candidate"] == "faded" and data["practice"] == 1 and len(data["pairs"]) == 6
    assert all(pair["real"] != pair["coloured"] for pair in data["pairs"])
    assert "$" not in re.sub(r"data:[^\"']*", "", page)
    assert not re.search(r"""(?:src|href)=["'](?!data:)""", page)


def test_a_turing_test_needs_a_report_and_a_colorizer(request_, results, tmp_path):
    with pytest.raises(SettingError, match="holds no results"):
        write_turing(tmp_path / "nowhere", tmp_path / "t.html")
    with pytest.raises(SettingError, match=r"grey: choose one of the report.s: faded"):
        write_turing(request_.out, tmp_path / "t.html", "grey")
