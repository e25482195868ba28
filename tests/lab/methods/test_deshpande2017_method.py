from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
import numpy as np
import onnxruntime
from papers import PRIOR, make_batch, make_graph, make_method, two_steps

from colorizing_things.errors import SettingError, TrainingError
from colorizing_things.lab.export import export
from colorizing_things.lab.networks.checkpoints import load_network
from colorizing_things.lab.networks.deshpande2017 import AB_SCALE
from colorizing_things.lab.objectives.classification import smooth_prior
from colorizing_things.lab.objectives.variational import kl_to_standard_normal
from colorizing_things.lab.recipes.load import load_recipe
from colorizing_things.lab.training.loop import train
from colorizing_things.lab.training.settings import RunSettings
from colorizing_things.model.card import load_card

FIELD = ["size=64", "target_stride=1", "batch_size=2"]
TINY = [*FIELD, "network.width=0.03"]
MIXTURE = [
    *TINY,
    "network.vae_width=0.03",
    "network.features_width=0.03",
    "network.gray_size=128",
    "batch_size=4",  # batch norm of two numbers only knows their order
]


def run_of(name, overrides, photographs, out):
    recipe = load_recipe(name, [*overrides, "steps=2"])
    train(recipe, RunSettings(data=photographs, out=out, precision="32-true"))
    return out


@pytest.fixture(scope="module")
def before(trained_before):
    """The mixture, tiny, on what was trained before."""
    return [*MIXTURE, *trained_before]


@pytest.mark.parametrize(
    ("name", "overrides"),
    [
        ("deshpande2017-vae", []),
        ("deshpande2017-vae", ["network.skips=true", "method.mahalanobis=0"]),
        ("deshpande2017-cvae", []),
    ],
)
def test_two_steps_reach_every_parameter_and_the_graph_colours(name, overrides):
    overrides = [*TINY, *overrides]
    method, losses = two_steps(name, overrides)
    assert {"kl", "colourfulness", "gradient"} <= set(losses)
    graph = make_graph(method, name, overrides)
    answer = graph.module(torch.rand(1, 1, 64, 96) * 100, torch.zeros(1, 64))
    assert answer[0].shape == (1, 2, 16, 24) and len(answer) == len(graph.outputs)
    assert graph.inputs == ("L", "z") and (graph.latent, graph.output_stride, graph.size) == (64, 4, 256)


def test_the_mahalanobis_term_joins_once_the_components_are_found():
    overrides = [*TINY, "batch_size=24", "method.fields=48"]
    method, stage = make_method("deshpande2017-vae", overrides)
    values = [float(method.step(make_batch(stage, step))["mahalanobis"]) for step in range(3)]
    assert values[:2] == [0, 0] and values[2] > 0
    components = method.network.fields
    assert int(components.count) == 48
    basis, variance = components.basis()
    torch.testing.assert_close(basis @ basis.T, torch.eye(20), atol=1e-4, rtol=0)
    assert (variance.diff() <= 0).all()
    method.step(make_batch(stage, 3))
    assert int(components.count) == 48


def test_the_divergence_is_summed_over_the_batch():
    method, stage = make_method("deshpande2017-vae", [*TINY, "method.mahalanobis=0"])
    batch = make_batch(stage)
    torch.manual_seed(1)
    with torch.no_grad():
        answer = method.network(batch.L, batch.ab)
    torch.manual_seed(1)
    losses = method.step(batch)
    torch.testing.assert_close(losses["kl"], 2 * kl_to_standard_normal(answer.mean, answer.log_variance))
    assert answer.field.abs().max() <= 1 and batch.ab.abs().max() / AB_SCALE < 1


def test_rare_colours_weigh_one_over_their_prior():
    method, _ = make_method("deshpande2017-vae", TINY)
    share = smooth_prior(PRIOR)
    common = share > 0.01  # where the even share mixed in hardly counts
    np.testing.assert_allclose(method.bin_weight[common], 1 / share[common], rtol=2e-3)
    assert 100 / share.max() < method.bin_weight.max() <= 313 / 1e-3


def test_the_mixture_learns_on_what_was_trained_before(before, photographs):
    method, losses = two_steps("deshpande2017-mdn", before)
    assert set(losses) == {"mixture"}
    vae, _ = load_network(Path(before[-2].partition("=")[2]))
    for key, value in vae.state_dict().items():
        torch.testing.assert_close(method.network.vae.state_dict()[key], value, rtol=0, atol=0)
    graph = make_graph(method, "deshpande2017-mdn", before)
    ab, weight, modes = graph.module(torch.rand(2, 1, 32, 48) * 100, torch.zeros(2, 64))
    assert ab.shape == (2, 2, 8, 12) and weight.shape == (2, 8) and modes.shape == (2, 8, 64)


def test_the_mixture_takes_the_packaged_features(before):
    two_steps("deshpande2017-mdn", [*before, "method.zhang=''", "features=mobilenet-v2"])


def test_the_mixture_is_exported_whole_with_its_modes(before, photographs, tmp_path):
    run = run_of("deshpande2017-mdn", before, photographs, tmp_path / "mdn")
    folder = export(run, tmp_path / "model")
    card = load_card(folder)
    assert card.inputs == ["L", "z"] and card.outputs == ["ab", "mode_weights", "modes"]
    session = onnxruntime.InferenceSession(folder / "model.onnx")
    L = torch.linspace(0, 100, 40 * 72).view(1, 1, 40, 72).numpy()
    zero = torch.zeros(1, 64).numpy()
    ab, weight, modes = session.run(None, {"L": L, "z": zero})
    assert ab.shape == (1, 2, 10, 18) and weight.shape == (1, 8) and abs(weight.sum() - 1) < 1e-4
    other = session.run(["ab"], {"L": L, "z": modes[:, 5]})[0]
    assert abs(other - ab).max() > 1e-4


def test_a_resumed_autoencoder_has_its_components_and_equals_an_unbroken_one(photographs, tmp_path):
    recipe = load_recipe("deshpande2017-vae", [*TINY, "batch_size=8", "fields=24", "steps=5"])
    settings = {"data": photographs, "precision": "32-true"}
    train(recipe, RunSettings(out=tmp_path / "whole", **settings))
    train(recipe, RunSettings(out=tmp_path / "broken", max_steps=2, **settings))
    train(recipe, RunSettings(out=tmp_path / "broken", resume=True, **settings))
    whole, broken = (load_network(tmp_path / name)[0].state_dict() for name in ("whole", "broken"))
    for key, value in whole.items():
        torch.testing.assert_close(broken[key], value, rtol=0, atol=0)
    assert int(whole["fields.count"]) == 24


@pytest.mark.parametrize(
    ("name", "overrides", "match"),
    [
        ("deshpande2017-vae", ["size=128"], "64 x target_stride"),
        ("deshpande2017-vae", ["method.kl=-1"], "kl -1: must be 0 or more"),
        ("deshpande2017-vae", ["method.fields=5"], "method.fields 5: must be above 20"),
        ("deshpande2017-vae", ["network=deshpande2017-mdn"], "trains network deshpande2017-vae or deshpande2017-cvae"),
        ("deshpande2017-mdn", ["method.vae=''"], "method.vae: give the folder"),
    ],
)
def test_wrong_settings_are_one_line(name, overrides, match):
    base = MIXTURE if name.endswith("mdn") else TINY
    with pytest.raises(SettingError, match=match) as error:
        make_method(name, [*base, *overrides])
    assert "\n" not in str(error.value)


def test_runs_that_do_not_fit_are_one_line(before, tmp_path):
    features = before[-1].partition("=")[2]
    for overrides, match in (
        ([f"method.vae={features}"], "trained a zhang2016, not a Deshpande2017VAE"),
        (["network.skips=true"], "not those given here"),
        (["network.vae_width=0.05"], "not those given here"),
    ):
        with pytest.raises(SettingError, match=match) as error:
            make_method("deshpande2017-mdn", [*before, *overrides])
        assert "\n" not in str(error.value)
    with pytest.raises(TrainingError, match="no such checkpoint"):
        make_method("deshpande2017-mdn", [*before, f"method.vae={tmp_path / 'nowhere'}"])
