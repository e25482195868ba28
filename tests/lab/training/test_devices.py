"""Several processes learn what one would from all of their pictures."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
from tiny import make_method, tiny_stage

from colorizing_things.errors import SettingError, TrainingError
from colorizing_things.lab.config.recipe import Recipe
from colorizing_things.lab.data.batches import Batch, Batches
from colorizing_things.lab.data.photographs import open_photographs
from colorizing_things.lab.networks.checkpoints import load
from colorizing_things.lab.training.devices import make_fabric
from colorizing_things.lab.training.loop import train
from colorizing_things.lab.training.settings import RunSettings

# Rates at which nothing moves, so that what the network learns in its step does not hang on how the discriminator has
# rounded in its own; Adam with beta1 0 keeps the plain gradient as its first moment. Batch norm is the recipe's own.
STILL = ["steps=1", "degraded=0", "lr=1e-12", "encoder_lr=1e-12", "discriminator_lr=1e-12"]


@pytest.fixture
def recipe():
    return Recipe(name="unet-sagan-hinge", summary="a test", stages=(tiny_stage("unet-sagan-hinge", *STILL),))


def expected_gradients(recipe, photographs):
    """One process with twice the batch: the pictures that process 0 and process 1 draw."""
    stage = recipe.stages[0]
    method = make_method(stage)
    pictures = open_photographs(photographs).train
    parts = []
    for rank in (0, 1):
        with Batches(pictures, stage.data, stage.seed, rank) as batches:
            parts.append(batches.make(0))
    method.step(Batch(*(torch.cat(pair) for pair in zip(*(part[:3] for part in parts), strict=True))))
    assert not torch.equal(parts[0].L, parts[1].L)
    groups = {name: trainable.optimizer.param_groups for name, trainable in method.trainables.items()}
    return {name: [p.grad for group in own for p in group["params"]] for name, own in groups.items()}


def check_gradients(checkpoint, expected):
    for name, gradients in expected.items():
        state = checkpoint["trainables"][name]["optimizer"]
        order = [index for group in state["param_groups"] for index in group["params"]]
        largest = max(float(gradient.abs().max()) for gradient in gradients)
        assert largest > 0
        for index, wanted in zip(order, gradients, strict=True):
            found = state["state"][index]["exp_avg"]
            torch.testing.assert_close(found, wanted, atol=1e-4 * largest, rtol=1e-3)


def test_two_processes_give_the_gradients_of_one_with_twice_the_batch(recipe, photographs, tmp_path, capfd):
    expected = expected_gradients(recipe, photographs)
    settings = RunSettings(data=photographs, out=tmp_path / "run", devices=2, precision="32-true")
    network = train(recipe, settings)
    assert network.stride == 32 and not network.training
    check_gradients(load(tmp_path / "run"), expected)
    assert load(tmp_path / "run")["pictures_seen"] == 2 * recipe.stages[0].data.batch_size
    assert len(list((tmp_path / "run").glob("events.*"))) == 1  # one process writes
    assert capfd.readouterr().out.count("32-true, 1 threads, 2 processes") == 1  # and prints


def test_components_are_found_from_the_pictures_of_all_processes(photographs, tmp_path):
    stage = tiny_stage("deshpande2017-vae", "steps=1", "mahalanobis=1")
    recipe = Recipe(name="deshpande2017-vae", summary="a test", stages=(stage,))
    train(recipe, RunSettings(data=photographs, out=tmp_path / "run", devices=2, precision="32-true"))
    found = {key: int(value) for key, value in load(tmp_path / "run")["network"].items() if key == "fields.count"}
    assert found == {"fields.count": 2 * stage.data.batch_size}


SCRIPT = """
import sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from tiny import tiny_stage
from colorizing_things.lab.config.recipe import Recipe
from colorizing_things.lab.training.loop import train
from colorizing_things.lab.training.settings import RunSettings
recipe = Recipe(name="unet-sagan-hinge", summary="a test", stages=(tiny_stage("unet-sagan-hinge", *{still!r}),))
train(recipe, RunSettings(data=Path(sys.argv[1]), out=Path(sys.argv[2]), precision="32-true"))
"""


def test_under_torchrun_a_run_joins_the_processes_that_are_there(recipe, photographs, tmp_path):
    expected = expected_gradients(recipe, photographs)
    script = tmp_path / "run.py"
    script.write_text(SCRIPT.format(tests=str(Path(__file__).parents[1]), still=STILL))
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    command = [*torchrun, str(script), str(photographs), str(tmp_path / "run")]
    subprocess.run(command, check=True, timeout=300, env={**os.environ, "OMP_NUM_THREADS": "1"})
    check_gradients(load(tmp_path / "run"), expected)


def test_what_a_process_dies_of_is_one_line(recipe, photographs, tmp_path):
    stage = tiny_stage("aae-hinge", "steps=3", "lr=1e30", "encoder_lr=1e30", "warmup=1", "log_every=1")
    settings = RunSettings(data=photographs, out=tmp_path / "run", devices=2, precision="32-true")
    with pytest.raises(TrainingError, match=r"^step \d: .* diverged") as error:
        train(Recipe(name="wild", summary="", stages=(stage,)), settings)
    assert "\n" not in str(error.value)


def test_no_process_and_no_precision_are_one_line():
    with pytest.raises(SettingError, match="precision 'half': choose auto, 32-true"):
        make_fabric(1, "half")
    with pytest.raises(SettingError, match="devices 0"):
        make_fabric(0, "32-true")
