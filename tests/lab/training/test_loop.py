import json

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from colorizing_things.errors import TrainingError
from colorizing_things.lab.networks.checkpoints import averaged_weights, load_network
from colorizing_things.lab.recipes.load import build_recipe
from colorizing_things.lab.training.averaging import schedule
from colorizing_things.lab.training.loop import RunSettings, train

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
    from colorizing_things.lab.networks import build

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
    other = build_recipe("tiny", TINY, [("lr", 1e-4), ("decoding.chroma", 1.1)])
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


def test_a_folder_with_a_run_is_not_overwritten(whole, recipe, photographs, tmp_path):
    with pytest.raises(TrainingError, match="already holds a run"):
        train(recipe, settings(photographs, whole))
    with pytest.raises(TrainingError, match="nothing to resume"):
        train(recipe, settings(photographs, tmp_path / "new", resume=True))
    with pytest.raises(TrainingError, match="no such checkpoint"):
        load_network(tmp_path / "nowhere")


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
