"""``colorize evaluate --film`` from generated films to its table, and on a film in colour."""

from __future__ import annotations

import json

import pytest
from rich.console import Console

pytest.importorskip("torch")
av = pytest.importorskip("av")
from colorizing_things.errors import SettingError
from colorizing_things.lab.film_evaluation import evaluate as evaluation
from colorizing_things.lab.film_evaluation.scenes import SCRIPTS, scenes


def test_a_generated_film_is_scored_beside_frame_by_frame(tmp_path, monkeypatch):
    name = "pan over a face"
    monkeypatch.setattr(evaluation, "SCRIPTS", {name: SCRIPTS[name]})
    monkeypatch.setattr(evaluation, "WIDTH", 160)
    monkeypatch.setattr(evaluation, "HEIGHT", 120)
    table = evaluation.evaluate(["default"], None, tmp_path, 20, "cpu", Console(quiet=True))
    scores = json.loads((tmp_path / "results.json").read_text())["default"][name]
    assert scores["film"]["warping error"] < 0.7 * scores["frame by frame"]["warping error"]
    assert scores["film"]["chroma ratio"] > 0.9 and scores["true"]["ab error"] == 0
    assert (tmp_path / f"default {name}.jpg").exists()
    assert table == (tmp_path / "results.md").read_text() and "| mean | film |" in table


def test_films_of_a_folder_are_read_with_their_motion(tmp_path):
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=24)
        stream.width, stream.height, stream.pix_fmt = 160, 120, "bgr0"
        for scene in list(scenes(SCRIPTS["pan over a face"], 160, 120))[:3]:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(scene.rgb, format="rgb24").reformat(format="bgr0")))
        container.mux(stream.encode(None))
    (reel,) = evaluation._reels(tmp_path, None, tmp_path)
    assert [scene.rgb.shape for scene in reel.scenes] == [(288, 384, 3)] * 3
    assert not reel.scenes[0].seen.any() and reel.scenes[2].seen.mean() > 0.5
    with pytest.raises(SettingError, match="no such folder"):
        list(evaluation._reels(tmp_path / "none", None, tmp_path))
    with pytest.raises(SettingError, match="name at least one model"):
        evaluation.evaluate([], None, tmp_path, None, "cpu", Console(quiet=True))
