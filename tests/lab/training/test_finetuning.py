"""The bundled model is tuned to photographs, measured before and after, and becomes a model of its own."""

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from commands import fails

from colorizing_things import Colorizer
from colorizing_things.errors import ModelError, TrainingError
from colorizing_things.lab.data.photographs import open_photographs
from colorizing_things.lab.export import export
from colorizing_things.lab.networks.checkpoints import load_network
from colorizing_things.lab.networks.recovery import flow_of
from colorizing_things.lab.recipes.load import load_recipe
from colorizing_things.lab.training.finetuning import describe_tuned, finetune
from colorizing_things.lab.training.loop import train
from colorizing_things.lab.training.settings import RunSettings
from colorizing_things.model.catalog import find_model

SMALL = ["size=64", "aspects=[1]", "batch_size=4", "held_out=0.8", "steps=6", "sample_every=3", "lr=3e-4", "warmup=0"]


def settings(photographs, out, start):
    return RunSettings(data=photographs, out=out, start=Path(start), precision="32-true")


def test_the_decoder_is_tuned_and_the_result_is_a_model_of_its_own(photographs, tmp_path, gray_photo):
    out = tmp_path / "mine-model"
    tuned = finetune(settings(photographs, out, "default"), SMALL)
    assert tuned.run == out / "best.ckpt" and tuned.before.keys() == tuned.after.keys()
    assert tuned.after["dev_ab_error_p95"] < tuned.before["dev_ab_error_p95"]
    assert tuned.after["dev_chroma"] > 0.95 * tuned.before["dev_chroma"]  # calibrated
    start, (network, saved) = flow_of(find_model("default")), load_network(tuned.run)
    moved = {
        name.partition(".")[0]
        for (name, a), b in zip(start.named_parameters(), network.parameters(), strict=True)
        if not torch.equal(a, b)
    }
    assert moved - {"belonging"} == {"denoiser", "refinement"}  # which an older start has not
    describe_tuned(tuned, export(tuned.run, out, name="mine-model"))
    colorizer = Colorizer(out)
    assert colorizer.card.name == "mine-model" and colorizer.card.summary.startswith("default, tuned to")
    assert colorizer.card.scores["before ab_error"] > 0 and (out / "NOTICE").exists()
    assert colorizer.card.training["recipe"]["decoding"]["chroma"] == saved["recipe"]["decoding"]["chroma"]
    assert np.abs(colorizer(gray_photo).astype(int) - Colorizer()(gray_photo)).mean() > 0


def test_what_is_no_model_is_said(photographs, tmp_path):
    with pytest.raises(ModelError, match="unknown model 'defualt'"):
        finetune(settings(photographs, tmp_path / "run", "defualt"), [])
    (tmp_path / "last.ckpt").touch()
    with pytest.raises(TrainingError, match="is a run; name its recipe too"):
        finetune(settings(photographs, tmp_path / "run", tmp_path), [])
    assert "which recipe?" in fails("train", "--data", photographs, "--out", tmp_path / "run")


@pytest.mark.parametrize("name", ["finetune", "old-film"])
def test_nothing_is_tuned_that_was_not_trained(name, photographs, tmp_path):
    with pytest.raises(TrainingError, match=f"recipe {name}: tunes what is trained already; say what, such as --start"):
        train(load_recipe(name), RunSettings(data=photographs, out=tmp_path / "run"))
    assert not (tmp_path / "run").exists()


def test_what_is_held_out_hangs_on_the_picture_alone(photographs):
    plain = open_photographs(photographs)
    split = plain.holding_out(0.5)
    assert 0 < len(split.train) < len(plain.train)
    assert len(split.train) + len(split.dev) == len(plain.train) + len(plain.dev)
    assert set(split.train.checksums).isdisjoint(split.dev.checksums)
    half = plain.train.subset(np.arange(len(plain.train) // 2))
    again = plain._replace(train=half).holding_out(0.5)
    assert set(again.train.checksums) == set(half.checksums) & set(split.train.checksums)
    assert (split.dev[len(split.dev) - 1] >= 0).all()  # over the same pixels, and whole
