import json
import shutil
import signal
import subprocess
import sys

import numpy as np
import pytest
import yaml

torch = pytest.importorskip("torch")
from lightning_fabric.plugins.precision import Precision
from waiting import PATIENCE

from colorizing_things.errors import SettingError, TrainingError
from colorizing_things.lab.networks import build
from colorizing_things.lab.networks.checkpoints import averaged_weights, load_network
from colorizing_things.lab.recipes.load import build_recipe, load_recipe
from colorizing_things.lab.training.budget import parse_duration
from colorizing_things.lab.training.freezing import freeze
from colorizing_things.lab.training.loop import open_data, overrides_of, train
from colorizing_things.lab.training.schedule import schedule, within_passes
from colorizing_things.lab.training.settings import RunSettings

TINY = {
    "summary": "a test",
    "network": {"widths": [8, 8, 8], "queries": 2, "query_layers": 3, "query_width": 8, "weights": "none"},
    "data": {"size": 32, "batch_size": 4},
    "stages": [
        {"steps": 3},
        {
            "steps": 3,
            "data": {"size": 64},
            "method": {"name": "adversarial-finish", "rarity": 0.3, "hinted": 0.5, "perceptual": 1.0},
        },
    ],
}


@pytest.fixture(scope="module")
def recipe():
    return build_recipe("tiny", TINY, [("sample_every", 4)])


def settings(photographs, out, **more):
    return RunSettings(data=photographs, out=out, precision="32-true", **more)


@pytest.fixture(scope="module")
def whole(recipe, photographs, tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "whole"
    train(recipe, settings(photographs, out))
    return out


def checkpoint(run):
    return torch.load(run / "last.ckpt", weights_only=True)


def test_a_run_leaves_its_record_samples_and_events(whole):
    assert json.loads((whole / "run.json").read_text())["recipe"]["name"] == "tiny"
    assert list((whole / "samples").glob("*.png")) and list(whole.glob("events.*"))
    saved = checkpoint(whole)
    assert (saved["stage"], saved["step"], saved["steps_done"]) == (1, 3, 6)
    assert saved["seconds"] > 0 and float(saved["prior"].sum()) == pytest.approx(1)


def test_weights_move_and_stay_finite(whole, recipe, photographs):
    network, _ = load_network(whole)
    torch.manual_seed(recipe.stages[0].seed)
    fresh = build("mobile-unet", **recipe.stages[0].network.settings)
    moved = [not torch.equal(a, b) for a, b in zip(network.parameters(), fresh.parameters(), strict=True)]
    assert all(moved)
    assert all(p.isfinite().all() for p in network.parameters())


@pytest.mark.parametrize("stop", [2, 3, 5])
def test_a_resumed_run_equals_an_unbroken_one(whole, recipe, photographs, tmp_path, stop):
    """Stopped within the first stage, at its end, and within the second."""
    out = tmp_path / "resumed"
    train(recipe, settings(photographs, out, max_steps=stop))
    assert checkpoint(out)["steps_done"] == stop
    train(recipe, settings(photographs, out, resume=True))
    one, two = averaged_weights(checkpoint(whole)), averaged_weights(checkpoint(out))
    for key, value in one.items():
        torch.testing.assert_close(two[key], value, rtol=0, atol=0)


def test_a_resumed_run_says_what_it_was_given_otherwise(recipe, photographs, tmp_path, capsys):
    out = tmp_path / "resumed"
    train(recipe, settings(photographs, out, max_steps=1))
    train(recipe, settings(photographs, out, max_steps=2, resume=True))
    assert "other settings" not in capsys.readouterr().out
    other = build_recipe("tiny", TINY, [("lr", 1e-4), ("decoding.chroma", 1.1), ("sample_every", 4)])
    train(other, settings(photographs, out, max_steps=2, resume=True))
    assert (
        "other settings than before: optimizer.lr None -> 0.0001, decoding.chroma None -> 1.1"
        in capsys.readouterr().out
    )


def test_a_resumed_run_learns_at_the_rate_that_it_is_given(recipe, photographs, tmp_path):
    out = tmp_path / "resumed"
    train(recipe, settings(photographs, out, max_steps=1))
    before = checkpoint(out)["network"]
    still = build_recipe("tiny", TINY, [("lr", 1e-30), ("encoder_lr", 1e-30), ("weight_decay", 0.0)])
    train(still, settings(photographs, out, max_steps=2, resume=True))
    after = checkpoint(out)["network"]
    assert all(torch.equal(before[name], after[name]) for name in before if name.endswith("weight"))


def test_a_checkpoint_of_other_settings_is_one_line(recipe, photographs, tmp_path):
    out = tmp_path / "run"
    train(recipe, settings(photographs, out, max_steps=1))
    written = (out / "run.json").read_text()
    other = build_recipe("tiny", TINY, [("network.queries", 3)])
    for more in ({"resume": True}, {"start": out / "last.ckpt"}):
        with pytest.raises(TrainingError, match=r"last\.ckpt: its network has other settings") as error:
            train(other, settings(photographs, out if "resume" in more else tmp_path / "new", **more))
        assert "\n" not in str(error.value)
    assert (out / "run.json").read_text() == written


def test_the_same_command_goes_on_with_a_run(whole, recipe, photographs, tmp_path, capsys):
    out = tmp_path / "run"
    train(recipe, settings(photographs, out, max_steps=2))
    train(recipe, settings(photographs, out))
    assert "going on after step 2" in capsys.readouterr().out
    one, two = averaged_weights(checkpoint(whole)), averaged_weights(checkpoint(out))
    assert all(torch.equal(value, two[key]) for key, value in one.items())
    train(recipe, settings(photographs, out))  # a run that is at its end stays as it is
    assert checkpoint(out)["steps_done"] == 6


def test_the_settings_of_a_run_need_not_be_given_again(photographs, tmp_path):
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(TINY))
    name, run = str(tmp_path / "mine.yaml"), settings(photographs, tmp_path / "run", max_steps=1)
    train(load_recipe(name, ["lr=1e-4", "batch_size=2"]), run)
    overrides = overrides_of("mine", run)
    assert overrides == ["lr=1e-4", "batch_size=2"]
    going_on = load_recipe(name, [*overrides, "batch_size=3"])
    assert going_on.stages[0].optimizer.lr == 1e-4 and going_on.stages[0].data.batch_size == 3


def test_the_command_trains_is_stopped_and_goes_on(photographs, tmp_path):
    """Ctrl-C: the step is finished and saved; the very same command goes on."""
    tiny = {**TINY, "stages": [{"steps": 400}], "log": {"log_every": 1}}
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(tiny))
    code = "from colorizing_things.cli import main; main()"
    command = [
        sys.executable, "-c", code, "train", str(tmp_path / "mine.yaml"), "--data", str(photographs),
        "--out", str(tmp_path / "run"), "--set", "batch_size=2",
    ]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        while "step 2:" not in process.stdout.readline():
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        said, failed = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130 and "run the same command again to go on" in failed
    done = checkpoint(tmp_path / "run")["steps_done"]
    assert 2 <= done < 400 and f"stopped after step {done}, all of it saved" in said
    again = subprocess.run([*command[:-2], "--max-steps", str(done + 1)], check=True, capture_output=True, text=True)
    assert f"going on after step {done}" in again.stdout and "other settings" not in again.stdout
    assert checkpoint(tmp_path / "run")["steps_done"] == done + 1


def test_a_run_of_another_recipe_is_refused(whole, recipe, photographs, tmp_path):
    other = recipe.model_copy(update={"name": "other"})
    with pytest.raises(TrainingError, match="holds a run of tiny, not of other; use another --out") as error:
        train(other, settings(photographs, whole))
    assert "\n" not in str(error.value)
    with pytest.raises(TrainingError, match="nothing to resume"):
        train(recipe, settings(photographs, tmp_path / "new", resume=True))
    with pytest.raises(TrainingError, match="no such checkpoint"):
        load_network(tmp_path / "nowhere")


@pytest.mark.parametrize("name", ["x.onnx", "x.safetensors", "x.ckpt", "empty.ckpt"])
def test_what_is_no_checkpoint_is_one_line(name, recipe, photographs, tmp_path):
    path = tmp_path / name
    path.write_bytes(b"" if name.startswith("empty") else b"\x08\x01\x12\x07pytorch, or what else there is" * 9)
    with pytest.raises(TrainingError, match="is no checkpoint of a run") as error:
        train(recipe, settings(photographs, tmp_path / "new", start=path))
    assert "\n" not in str(error.value)
    torch.save({"a": torch.zeros(3)}, path)
    with pytest.raises(TrainingError, match="is no checkpoint of a run"):
        train(recipe, settings(photographs, tmp_path / "new", start=path))


def test_the_target_has_the_networks_stride():
    with pytest.raises(SettingError, match="target_stride 2: network mobile-unet needs 4"):
        build_recipe("x", {}, [("target_stride", 2)])


TWICE = {
    **TINY,
    "method": {"name": "adversarial-finish", "hinted": 0.0},
    "data": {"size": 64, "batch_size": 2},
    "stages": [{"steps": 2}, {"steps": 2, "optimizer": {"lr": 1e-4}}],
}


def test_a_stage_goes_on_with_what_the_stage_before_has_learnt(photographs, tmp_path, capsys):
    """Network, discriminator, their optimizers' memory and the average: as if it were one stage."""
    recipe = build_recipe("twice", TWICE, [])
    train(recipe, settings(photographs, tmp_path / "run", max_steps=2))
    first = checkpoint(tmp_path / "run")
    train(recipe, settings(photographs, tmp_path / "run", max_steps=3))
    line = "carried over: network with its optimizer, discriminator with its optimizer, the average; new: nothing"
    assert f"stage 2/2: {line}" in capsys.readouterr().out
    third = checkpoint(tmp_path / "run")
    assert third["carried"] == ["discriminator", "network"] and int(third["average"]["n_averaged"]) == 3
    for name, before in first["trainables"].items():
        after = third["trainables"][name]
        assert all(state["step"] == 3 for state in after["optimizer"]["state"].values())
        weights = [key for key, value in before["module"].items() if value.is_floating_point() and value.dim() > 1]
        close = [torch.allclose(before["module"][k], after["module"][k], atol=1e-2) for k in weights]
        assert all(close), name


def test_what_the_stage_before_did_not_have_is_new(recipe, photographs, tmp_path, capsys):
    train(recipe, settings(photographs, tmp_path / "run", max_steps=4))
    said = capsys.readouterr().out
    assert "carried over: network with its optimizer, the average; new: discriminator" in said


@pytest.mark.parametrize(
    ("text", "seconds"), [("90m", 5400), ("1h30m", 5400), ("2h", 7200), ("45s", 45), ("0.5h", 1800)]
)
def test_a_time_is_read(text, seconds):
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "90", "0m", "m", "-3m", "soon", "3m1h"])
def test_what_is_no_time_is_one_line(text):
    with pytest.raises(SettingError, match="write it as 90m"):
        parse_duration(text)


def test_a_resumed_run_keeps_the_scale_of_its_gradients(recipe, photographs, tmp_path, monkeypatch):
    """fp16's: a scaler that starts over skips steps until it has found its scale again."""
    found = []
    monkeypatch.setattr(Precision, "state_dict", lambda self: {"scale": 512.0})  # a CPU has no fp16 to scale
    monkeypatch.setattr(Precision, "load_state_dict", lambda self, state: found.append(state))
    train(recipe, settings(photographs, tmp_path / "run", max_steps=1))
    assert checkpoint(tmp_path / "run")["precision"] == {"scale": 512.0} and found == []
    train(recipe, settings(photographs, tmp_path / "run", max_steps=2))
    assert found == [{"scale": 512.0}]


def test_the_pictures_are_counted_and_the_few_of_dev_are_said(whole, photographs, recipe, tmp_path, capsys):
    assert checkpoint(whole)["pictures_seen"] == 24
    train(recipe, settings(photographs, tmp_path / "run", max_steps=1))
    said = capsys.readouterr().out
    assert "left out: none" in said and "nothing is measured on fewer than 16" in said
    assert "steps: 3, 3, 1.0 passes over 24 photographs\n" in said
    assert (tmp_path / "run" / "left_out.txt").read_text() == ""


def test_what_is_left_out_is_said_at_the_start_and_listed_in_the_run(photographs, recipe, tmp_path, capsys):
    shutil.copytree(photographs, tmp_path / "photos")
    (tmp_path / "photos" / "coffee" / "broken.jpg").write_bytes(b"no picture")
    train(recipe, settings(tmp_path / "photos", tmp_path / "run", max_steps=1))
    assert "left out: 1 unreadable" in capsys.readouterr().out
    listed = (tmp_path / "run" / "left_out.txt").read_text()
    assert listed == "unreadable: photos/coffee/broken.jpg\n"


def test_larger_pictures_are_kept_larger_and_enlarging_is_said(photographs, tmp_path, capsys):
    recipe = build_recipe("large", {**TINY, "stages": [{"steps": 1, "data": {"size": 192, "batch_size": 1}}]}, [])
    assert open_data(recipe, settings(photographs, tmp_path / "run")).train[0].shape == (160, 160, 3)
    train(recipe, settings(photographs, tmp_path / "run"))
    assert "photographs are smaller than 192 px and are enlarged" in capsys.readouterr().out


def test_what_is_frozen_does_not_learn(photographs, tmp_path):
    recipe = build_recipe("frozen", TINY, [("freeze", ["encoder.stem", "encoder.block1."])])
    train(recipe, settings(photographs, tmp_path / "run", max_steps=2))
    saved = checkpoint(tmp_path / "run")["network"]
    torch.manual_seed(0)
    fresh = build("mobile-unet", **recipe.stages[0].network.settings).state_dict()
    same = {key for key, value in fresh.items() if torch.equal(value, saved[key])}
    assert {key for key in fresh if key.startswith(("encoder.stem", "encoder.block1."))} <= same
    assert not any(key.startswith("encoder.block2.") and key.endswith("weight") for key in same)
    with pytest.raises(SettingError, match=r"freeze 'encodr': no parameter begins so; choose among encoder.stem"):
        freeze(build("mobile-unet", **recipe.stages[0].network.settings), ("encodr",))


def test_a_run_that_diverges_stops_and_says_so(recipe, photographs, tmp_path):
    fast = [("lr", 1e30), ("encoder_lr", 1e30), ("warmup", 1), ("log_every", 1)]
    wild = build_recipe("tiny", TINY, fast)
    with pytest.raises(TrainingError, match="diverged"):
        train(wild, settings(photographs, tmp_path / "wild"))


def test_learning_lowers_the_loss_on_a_small_set(recipe, photographs, tmp_path, capsys):
    given = [("steps", 60), ("lr", 1e-2), ("degraded", 0.0), ("batch_size", 8), ("log_every", 10)]
    one = build_recipe("tiny", {**TINY, "stages": [{}]}, given)
    train(one, settings(photographs, tmp_path / "r"))
    lines = [line for line in capsys.readouterr().out.splitlines() if "classes" in line]
    losses = [float(line.split("classes ")[1].split()[0]) for line in lines]
    assert np.mean(losses[-2:]) < 0.8 * losses[0]


def test_the_schedule_warms_up_and_falls():
    stage = build_recipe("x", {"steps": 1000, "optimizer": {"warmup": 100, "final_lr": 0.1}}, []).stages[0]
    values = [schedule(step, stage) for step in range(1000)]
    assert values[0] < 0.02 and max(values) == pytest.approx(1, abs=0.05) and values[-1] == pytest.approx(0.1, abs=0.01)
    assert values.index(max(values)) < 110


@pytest.mark.parametrize(("pictures", "steps"), [(1, 2), (27, 34), (270, 300), (2700, 338), (9000, 1125)])
def test_fine_tuning_is_as_long_as_its_photographs_are_many(pictures, steps):
    """Ten passes at most, one at least."""
    assert within_passes(load_recipe("finetune"), pictures).stages[0].steps == steps


def test_passes_count_the_pictures_of_all_processes_and_parts():
    recipe = load_recipe("finetune", ["accumulate=2", "passes=[1, 40]", "steps=1000"])
    assert within_passes(recipe, 80, processes=5).stages[0].steps == 40
    free = load_recipe("finetune", ["passes=null", "steps=1000"])
    assert within_passes(free, 80).stages[0].steps == 1000
