"""Adversarial recipes through the loop: resumed, sampled, exported, and what is wrong said before."""

import json
from functools import cache

import numpy as np
import onnxruntime
import pytest

torch = pytest.importorskip("torch")
from tiny import tiny_stage

from colorizing_things import Colorizer, ColorOptions
from colorizing_things.errors import SettingError, TrainingError
from colorizing_things.lab.config.recipe import Recipe
from colorizing_things.lab.data.planes import into_square, out_of_square
from colorizing_things.lab.decoding.sheets import colorize
from colorizing_things.lab.export import export
from colorizing_things.lab.networks.checkpoints import averaged_weights, load, load_network
from colorizing_things.lab.recipes.load import load_recipe
from colorizing_things.lab.training.card import graphs_of
from colorizing_things.lab.training.loop import train
from colorizing_things.lab.training.settings import RunSettings

CRITIC = "method.objective_settings={critic_steps: 2, critic_warmup: 0}"


def run(name, photographs, out, *more, **settings):
    recipe = Recipe(name=name, summary="a test", stages=(tiny_stage(name, "steps=5", *more),))
    train(recipe, RunSettings(data=photographs, out=out, precision="32-true", **settings))
    return out


@pytest.fixture(scope="module")
def trained(photographs, tmp_path_factory):
    """A recipe's run, the same for all tests that only read it."""
    return cache(lambda name: run(name, photographs, tmp_path_factory.mktemp(name)))


@pytest.fixture(scope="module")
def exported(trained, tmp_path_factory):
    """The same, exported."""

    @cache
    def exported(name, draws=False):
        decoding = {"draws": True} if draws else None
        return export(trained(name), tmp_path_factory.mktemp(name) / "model", decoding=decoding)

    return exported


@pytest.mark.parametrize(
    ("name", "more"), [("vaegan-wgan-gp", [CRITIC]), ("aae-wgan", [CRITIC]), ("unet-sagan-hinge", [])]
)
def test_a_resumed_run_equals_an_unbroken_one(name, more, photographs, tmp_path):
    whole = run(name, photographs, tmp_path / "whole", *more)
    broken = run(name, photographs, tmp_path / "broken", *more, max_steps=3)  # between two of the network's turns
    run(name, photographs, tmp_path / "broken", *more, resume=True)
    one, two = load(whole), load(broken)
    for key, value in averaged_weights(one).items():
        torch.testing.assert_close(averaged_weights(two)[key], value, rtol=0, atol=0)
    for trainable in one["trainables"]:
        for key, value in one["trainables"][trainable]["module"].items():
            torch.testing.assert_close(two["trainables"][trainable]["module"][key], value, rtol=0, atol=0)


def test_losses_scores_norms_and_distance_are_logged_and_samples_lie_there(photographs, tmp_path):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    out = run("aae-wgan-gp", photographs, tmp_path / "run", CRITIC, "log_every=2")
    events = EventAccumulator(str(out))
    events.Reload()
    logged = set(events.Tags()["scalars"])
    assert {
        "pixels", "generator", "discriminator", "score_real", "score_fake", "wasserstein", "penalty", "code",
        "code_discriminator", "gradient_network", "gradient_discriminator", "spread_fake", "spread_real",
    } <= logged  # fmt: skip
    assert list((out / "samples").glob("*.png"))


@pytest.mark.parametrize("name", ["aae-hinge", "vaegan-hinge", "vaegan-hinge-z-alone"])
def test_a_network_of_one_size_is_exported_with_it(name, exported, gray_photo):
    out = exported(name)
    card = json.loads((out / "card.json").read_text())
    assert card["fixed_size"] == card["stride"] == card["default_size"] == 32 and card["inputs"] == ["L"]
    session = onnxruntime.InferenceSession(out / "model.onnx")
    for count in (1, 3):
        L = np.random.default_rng(0).uniform(0, 100, (count, 1, 32, 32)).astype(np.float32)
        (ab,) = session.run(["ab"], {"L": L})
        assert ab.shape == (count, 2, 32, 32) and np.abs(ab).max() <= 110
    assert Colorizer(out)(gray_photo).shape == (400, 600, 3)


def test_a_vae_can_be_exported_with_draws(trained, exported):
    out = exported("vaegan-hinge", draws=True)
    session = onnxruntime.InferenceSession(out / "model.onnx")
    assert {i.name: i.shape[1:] for i in session.get_inputs()} == {"L": [1, 32, 32], "z": [100]}
    L = np.full((1, 1, 32, 32), 50, np.float32)
    z = np.zeros((1, 100), np.float32)
    likeliest = session.run(["ab"], {"L": L, "z": z})[0]
    network, _ = load_network(trained("vaegan-hinge"))
    with torch.no_grad():
        np.testing.assert_allclose(likeliest, network(torch.from_numpy(L)).numpy(), atol=0.5)
    assert np.abs(session.run(["ab"], {"L": L, "z": z + 1})[0] - likeliest).max() > 1e-3


def test_variants_of_a_vae_are_draws_of_its_code(exported, gray_photo):
    colorizer = Colorizer(exported("vaegan-hinge", draws=True))
    first, *others = colorizer.variants(gray_photo, 3, ColorOptions(seed=1))
    np.testing.assert_array_equal(first.ab, colorizer.predict(gray_photo).ab)
    assert not any(np.array_equal(first.ab, other.ab) for other in others)
    plain = Colorizer(exported("vaegan-hinge"))
    with pytest.raises(SettingError, match="knows one answer only"):
        plain.variants(gray_photo, 3)
    with pytest.raises(SettingError, match="takes no hints"):
        plain(gray_photo, hint=["3,3=#ff0000"])


def test_a_unet_is_exported_for_any_shape_without_spectral_norms(exported):
    out = exported("unet-sagan-hinge")
    card = json.loads((out / "card.json").read_text())
    assert card["fixed_size"] is None and (card["stride"], card["output_stride"]) == (32, 2)
    session = onnxruntime.InferenceSession(out / "model.onnx")
    assert session.run(["ab"], {"L": np.zeros((1, 1, 64, 96), np.float32)})[0].shape == (1, 2, 32, 48)


def test_sampling_leaves_the_trained_network_alone(trained, photographs, tmp_path):
    often = run("unet-sagan-hinge", photographs, tmp_path / "often", "sample_every=1")
    for key, value in averaged_weights(load(trained("unet-sagan-hinge"))).items():
        torch.testing.assert_close(averaged_weights(load(often))[key], value, rtol=0, atol=0)


def test_a_picture_of_any_shape_is_coloured_through_a_square(trained):
    network, saved = load_network(trained("aae-hinge"))
    graph = graphs_of(network, saved)["model"]
    for shape in ((40, 90, 3), (90, 40, 3), (32, 32, 3), (200, 7, 3)):
        assert colorize(graph, np.full(shape, 120, np.uint8)).shape == shape
    ramp = torch.linspace(0, 100, 64)[None, None, None].expand(1, 1, 32, 64)
    square = into_square(ramp, 64)
    assert square.shape == (1, 1, 64, 64)
    torch.testing.assert_close(out_of_square(square, 32, 64), ramp)
    torch.testing.assert_close(square[..., 32:, :], ramp)  # reflected below


@pytest.mark.parametrize(
    ("name", "override", "match"),
    [
        ("aae-hinge", "encoder=vgg17", "unknown encoder 'vgg17': choose mobilenet-v2, vgg16"),
        ("aae-hinge", "objective=hing", "unknown objective 'hing': choose vanilla"),
        ("aae-hinge", "latent=0", "latent 0: must be 1 or more"),
        ("vaegan-hinge", "latent=-3", "latent -3"),
        ("aae-hinge", "size=160", "doubles a map of 4 or 6 px"),
        ("unet-sagan-hinge", "size=160", "size 160: .*take 64, 128, 192, 256"),
        ("aae-hinge", "batch_size=1", "batch_size 1: the code is normalized"),
        ("aae-hinge", "target_stride=4", "network bottleneck needs 1"),
        ("aae-hinge", "space=hsv", "choose lab, rgb"),
        ("aae-hinge", "pixels=-1", "method.pixels -1: must be 0 or more"),
        ("aae-wgan-gp", "method=vaegan", "set network.variational=true"),
        ("aae-hinge", "network=unet-sagan", "unknown setting 'latent' of network unet-sagan"),
        ("unet-sagan-hinge", "method=aae", "trains network bottleneck, not unet-sagan"),
        ("vaegan-hinge", "gamma=0", "gamma"),
        ("vaegan-hinge", "content=7", "content 7"),
        ("aae-hinge", "method.pixel=1", "unknown setting 'pixel' of method aae: choose objective"),
        ("aae-hinge", "network.encodr=vgg16", "unknown setting 'encodr' of network bottleneck: choose encoder"),
        ("aae-wgan-gp", "method.objective_settings={normalization: batch}", "each picture's own"),
        ("aae-hinge", "latent=many", "network.latent: 'many' is not a whole number"),
        ("aae-hinge", "latent=1.5", "network.latent: 1.5 is not a whole number"),
        ("aae-hinge", "encodr=vgg16", "unknown setting 'encodr': choose network.*encoder, .*pixels"),
        ("aae-hinge", "network.size=64", "unknown setting 'size' of network"),
        ("aae-hinge", "variational=true", "take a vaegan recipe"),
        ("aae-hinge", "normalization=bath", "unknown normalization 'bath'"),
        ("aae-hinge", "generator_width=0", "width 0"),
        ("aae-hinge", "method.width=0", "width 0"),
        ("aae-hinge", "pixels=.nan", "not finite"),
        ("aae-hinge", "weights=5", "weights: 5 is not a word"),
        ("aae-hinge", "encoder=[", "cannot be read as YAML"),
        ("aae-hinge", "objective.critic_steps=2", "objective is a single value"),
        ("aae-hinge", "steps.x=3", "steps is a single value"),
        ("aae-hinge", "objective_settings=5", "not a table of settings"),
        ("aae-hinge", "objective_settings.critic_steps=1.5", "not a whole number"),
        ("aae-hinge", "objective_settings.betas=[2,3]", "betas 2: must be below 1"),
        ("aae-hinge", "objective_settings.betas=0.5", "objective_settings.betas: 0.5 is not a list"),
        ("aae-hinge", "objective_settings.normalization=bath", "unknown normalization 'bath'"),
        ("aae-wgan", "objective_settings.clip=-1", "clip -1: must be 0 or more"),
        ("unet-sagan-hinge", "widths=[1.5,2,2,2]", "not a whole number"),
        ("vaegan-hinge", "kl=.inf", "not finite"),
        ("aae-hinge", "seed=-1", "seed -1"),
        ("distil-vgg16", "weight_decay=-1", "weight_decay -1"),
        ("aae-hinge", "final_lr=-3", "optimizer.final_lr -3: must be 0 or more"),
        ("distil-vgg16", "encoder=resnet152", "cannot be distilled into"),
        ("distil-vgg16", "shrink=8", "multiple of 32"),
    ],
)
def test_an_impossible_recipe_is_one_line_before_anything_starts(name, override, match):
    with pytest.raises(SettingError, match=match) as error:
        load_recipe(name, [override])
    assert "\n" not in str(error.value)


def test_a_setting_may_be_named_by_itself():
    stage = load_recipe("aae-hinge", ["encoder=resnet152", "lr=1e-3", "objective=wgan-gp"]).stages[0]
    assert stage.network.settings["encoder"] == "resnet152" and stage.optimizer.lr == 1e-3
    assert stage.method.settings["objective"] == "wgan-gp"


def test_weights_that_are_not_there_are_one_line_before_the_photographs_are_read(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    recipe = load_recipe("aae-hinge", ["network.width=0.3", "weights=distilled"])
    with pytest.raises(SettingError, match="colorize train distil-vgg16"):
        train(recipe, RunSettings(data=tmp_path / "nothing", out=tmp_path / "run"))
    assert not (tmp_path / "run").exists()


def test_a_run_whose_colour_collapses_stops_and_says_so(photographs, tmp_path, monkeypatch):
    monkeypatch.setattr("colorizing_things.lab.training.divergence.COLLAPSE", 10.0)
    with pytest.raises(TrainingError, match=r"step 20: collapsed colour"):
        run("aae-hinge", photographs, tmp_path / "run", "steps=25", "log_every=1")
