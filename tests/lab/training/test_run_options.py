"""What may be told to a run: batches summed, threads, one more log, sheets by the clock; and what it keeps."""

import csv
import sys
from dataclasses import replace
from types import SimpleNamespace

import pytest

torch = pytest.importorskip("torch")
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tiny import make_batch, make_method, tiny_stage

from colorizing_things.errors import SettingError
from colorizing_things.lab.cli.train import train as command
from colorizing_things.lab.config.recipe import Recipe
from colorizing_things.lab.data.batches import Batch, Batches
from colorizing_things.lab.data.photographs import open_photographs
from colorizing_things.lab.networks.checkpoints import load
from colorizing_things.lab.training import loop
from colorizing_things.lab.training.logs import RunLog, make_logger
from colorizing_things.lab.training.loop import train
from colorizing_things.lab.training.settings import RunSettings

# Nothing that one picture of a batch has of another, and nothing that a look at the weights changes.
PLAIN = ["method.code=0", "network.normalization=none", "method.objective_settings={normalization: none}"]


def test_batches_that_are_summed_move_as_one_large_batch_does():
    stage = tiny_stage("aae-hinge", *PLAIN)
    halves = [make_batch(stage, seed) for seed in (0, 1)]
    whole = Batch(*(torch.cat(pair) for pair in zip(*(half[:3] for half in halves), strict=True)))
    gradients = []
    for batches in ([whole], halves):
        method = make_method(stage)
        for number, batch in enumerate(batches):
            method.part = (number, len(batches))
            method.step(batch)
        gradients.append([p.grad.clone() for p in method.trainables["discriminator"].module.parameters()])
        assert any(not torch.equal(p, q) for p, q in zip(
            method.network.parameters(), make_method(stage).network.parameters(), strict=True))  # fmt: skip
    for one, summed in zip(*gradients, strict=True):
        torch.testing.assert_close(one, summed, atol=1e-5, rtol=1e-3)


def test_nothing_moves_before_the_last_batch_of_a_step():
    stage = tiny_stage("aae-hinge", *PLAIN)
    method = make_method(stage)
    before = [p.clone() for p in method.network.parameters()]
    method.part = (0, 2)
    method.step(make_batch(stage))
    assert all(torch.equal(p, q) for p, q in zip(before, method.network.parameters(), strict=True))


def test_workers_change_no_batch(photographs):
    pictures, stage = open_photographs(photographs).train, tiny_stage("aae-hinge", "views=0")
    found = []
    for workers in (1, 3):
        with Batches(pictures, stage.data, 0, workers=workers) as batches:
            found.append([batches(step).ab for step in (0, 1, 2, 3, 7)])
    assert all(torch.equal(a, b) for a, b in zip(*found, strict=True))


def test_a_run_keeps_its_best_and_logs_where_it_is_told(photographs, tmp_path):
    stage = tiny_stage(
        "zhang2016-l2", "steps=4", "held_out=0.8", "accumulate=2", "log_every=2", "sample_every=1", "batch_size=2"
    )
    recipe = Recipe(name="zhang2016-l2", summary="a test", stages=(stage,))
    out = tmp_path / "run"
    train(recipe, RunSettings(data=photographs, out=out, precision="32-true", workers=2, log="csv"))
    best, last = load(out / "best.ckpt"), load(out)
    assert best["best"] <= last["best"] or best["step"] == last["step"]
    assert last["pictures_seen"] == 4 * 2 * 2
    assert len(list((out / "samples").iterdir())) == 4
    rows = list(csv.DictReader((out / "csv" / "metrics.csv").open()))
    names = set().union(*rows)
    assert {"dev_ab_error", "dev_ab_error_p95", "dev_chroma", "dev_stains"} <= names
    p95 = [float(row["dev_ab_error_p95"]) for row in rows if row.get("dev_ab_error_p95")]
    assert best["best"] == pytest.approx(min(p95), rel=1e-4)


def test_what_the_command_freezes_and_sums_is_the_recipes(tmp_path, monkeypatch):
    told = []
    monkeypatch.setattr(loop, "train", lambda recipe, settings: told.append(recipe))
    command("aae-hinge", tmp_path, tmp_path / "run", freeze="encoder.,to_code", accumulate=4, set_=["steps=1"])
    assert [(s.optimizer.freeze, s.optimizer.accumulate) for s in told[0].stages] == [(("encoder.", "to_code"), 4)]


def test_sheets_by_the_clock(photographs, tmp_path):
    stage = tiny_stage("zhang2016-l2", "steps=4", "sample_every=1", "sample_minutes=60")
    recipe = Recipe(name="zhang2016-l2", summary="a test", stages=(stage,))
    train(recipe, RunSettings(data=photographs, out=tmp_path / "run", precision="32-true"))
    assert [path.name for path in (tmp_path / "run" / "samples").iterdir()] == ["000004.png"]  # the last one alone


def test_an_unknown_log_is_one_line(tmp_path):
    for name in ("nowhere", "lightning_fabric.loggers.Nothing"):
        with pytest.raises(SettingError, match=r"choose csv, wandb or module\.Class"):
            make_logger(name, tmp_path)


def test_any_logger_of_lightning_fabric_is_had_by_its_name(tmp_path):
    log = RunLog(tmp_path, "lightning_fabric.loggers.CSVLogger")
    log.add_scalar("pixels", 12.5, 20)
    log.flush()
    (figures,) = tmp_path.rglob("metrics.csv")
    assert list(csv.DictReader(figures.open())) == [{"pixels": "12.5", "step": "20"}]


def test_a_run_goes_on_in_its_own_run_of_wandb(tmp_path, monkeypatch):
    logged, begun = [], []
    run = SimpleNamespace(log=lambda figures, step: logged.append((figures, step)))
    monkeypatch.setitem(sys.modules, "wandb", SimpleNamespace(init=lambda **told: begun.append(told) or run))
    for step in (20, 40):
        RunLog(tmp_path, "wandb").add_scalar("pixels", 12.5, step)
    assert logged == [({"pixels": 12.5}, 20), ({"pixels": 12.5}, 40)]
    assert begun[0] == begun[1] and begun[0]["name"] == tmp_path.name and begun[0]["resume"] == "allow"
    assert begun[0]["id"] != RunLog(tmp_path / "another", "wandb").other.version


def test_wandb_that_is_not_installed_is_one_line(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "wandb", None)
    with pytest.raises(SettingError, match=r"^log 'wandb': .*; pip install wandb$"):
        make_logger("wandb", tmp_path)


def test_what_a_broken_off_run_logged_is_not_there_twice(photographs, tmp_path):
    stage = tiny_stage("zhang2016-l2", "steps=4", "log_every=1", "checkpoint_every=2")
    recipe = Recipe(name="zhang2016-l2", summary="a test", stages=(stage,))
    settings = RunSettings(data=photographs, out=tmp_path / "run", precision="32-true")
    train(recipe, replace(settings, max_steps=2))
    killed = RunLog(tmp_path / "run")  # two steps more, and none of them saved
    for step in (3, 4):
        killed.add_scalar("regression", 1e9, step)
    killed.flush()
    train(recipe, settings)
    events = EventAccumulator(str(tmp_path / "run"))
    events.Reload()
    logged = events.Scalars("regression")
    assert [entry.step for entry in logged] == [1, 2, 3, 4] and all(entry.value < 1e9 for entry in logged)
