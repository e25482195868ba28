"""The flow: it learns, hints enter, zeros are the mean, and its distillation learns the teacher's means."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")
import numpy as np
import onnxruntime
from tiny import make_batch, make_method, steps, tiny_stage

from colorizing_things.errors import SettingError
from colorizing_things.guidance.palette import likely
from colorizing_things.lab.config.recipe import Recipe
from colorizing_things.lab.data.crops import cut
from colorizing_things.lab.decoding.flow import SOFTENED, Confidence, FlowDecoding, flow_graphs, whole_graph
from colorizing_things.lab.export import export
from colorizing_things.lab.networks.checkpoints import load, load_network
from colorizing_things.lab.networks.flow import AB_SCALE, Flow, draw, known_places
from colorizing_things.lab.recipes.load import load_recipe
from colorizing_things.lab.training.loop import train
from colorizing_things.lab.training.settings import RunSettings
from colorizing_things.model.model import Model

TINY = ["network.width=32", "depth=1", "size=32", "aspects=[1, 2]", "batch_size=4", "weights=none", "ema=0.5"]


def stirred(**more):
    """A network whose every layer says something."""
    torch.manual_seed(1)
    network = Flow(**{"width": 32, "depth": 1, "weights": "none", **more}).eval()
    for parameter in network.parameters():
        if not parameter.detach().any():
            torch.nn.init.normal_(parameter, std=0.1)
    return network


@pytest.fixture(scope="module")
def network():
    return stirred()


def test_the_loss_falls_on_a_handful_of_pictures():
    stage = tiny_stage("default", "lr=0.003", "batch_size=6", "weights=imagenet", "size=32", "old_plates=0.0")
    logged = steps(make_method(stage), stage, 60)
    for name, share in (("flow", 0.75), ("classes", 0.85)):
        first, last = (np.mean([step[name] for step in part]) for part in (logged[:6], logged[-10:]))
        assert last < share * first, (name, first, last)


def test_a_student_learns_its_teachers_draws():
    stage = tiny_stage("default", "lr=0.003", "size=32", number=1)
    logged = steps(make_method(stage), stage, 40)
    first, last = (np.mean([step["distillation"] for step in part]) for part in (logged[:5], logged[-5:]))
    assert last < 0.8 * first


def test_only_the_denoiser_and_what_it_reads_learn_from_the_teacher():
    method = make_method(tiny_stage("default", number=1))
    learns = {name for name, p in method.student.named_parameters() if p.requires_grad}
    assert not any(
        name.startswith(("encoder", "refinement", "condition.classes", "condition.detail")) for name in learns
    )
    assert "denoiser.null" not in learns and "denoiser.patch.weight" in learns and "condition.mix.1.weight" in learns
    assert not method.teachers["teacher"].training


def test_only_what_tells_things_apart_learns_which_belong_together():
    stage = tiny_stage("default", "lr=0.003", "size=64", "weights=imagenet", "batch_size=6", number=2)
    method = make_method(stage)
    assert all(p.requires_grad == name.startswith("belonging.") for name, p in method.network.module.named_parameters())
    logged = steps(method, stage, 60)
    first, last = (np.mean([step["belonging"] for step in part]) for part in (logged[:8], logged[-15:]))
    assert last < 0.9 * first, (first, last)


def test_an_outline_is_one_thing_and_what_has_none_is_not_asked_about():
    method = make_method(tiny_stage("default", "size=64", number=2))
    regions = torch.zeros(2, 1, 64, 96)
    regions[0, :, 8:40, 8:40], regions[0, :, 8:40, 40:80] = 3, 4
    regions[1, :, 8:24, 8:24] = regions[1, :, 40:56, 60:92] = 5  # two things of a kind
    asked = next(method._by_outline(regions))
    places = [divmod(int(number), 24) for number in asked.number]
    for picture, (row, column) in enumerate(places):
        kind = regions[picture, 0, row * 4 + 2, column * 4 + 2]
        inside = asked.segment[picture, 0] > 0
        assert kind > 0 and (inside[row, column] or not inside.any())  # nothing is made of a place on an edge
        if not inside.any():
            continue
        assert (regions[picture, 0, 2::4, 2::4][inside] == kind).float().mean() > 0.8  # closed: a cell over its edge
    sizes = asked.segment.mean((1, 2, 3))
    assert sizes[0] < 0.35 and sizes[1] < 0.15


def test_pictures_are_seen_on_film_and_keep_their_colours():
    stage = tiny_stage("default", "degraded=1.0", "old_plates=1.0", "wilful=0.0", "cards=0.0")
    method, crops = make_method(stage), make_batch(stage)
    torch.manual_seed(0)
    seen = method.pictures(crops)
    from colorizing_things.lab.data.planes import to_lab

    L, ab = to_lab(cut(crops), 2)
    assert (seen.L - L).abs().mean() > 2
    torch.testing.assert_close(seen.ab * AB_SCALE, ab)
    assert seen.L.shape[2:] == (64, 96) and seen.field.shape[2:] == (8, 12)


def test_grey_cards_have_no_colour_and_are_not_recolored():
    stage = tiny_stage("default", "cards=1.0", "wilful=1.0")
    method = make_method(stage)
    torch.manual_seed(0)
    seen = method.pictures(make_batch(stage))
    assert not seen.ab.any() and not seen.field.any() and seen.L.std() > 1


def test_zeros_are_the_mean_and_noise_draws(network):
    L = torch.rand(1, 1, 64, 96) * 100
    seen = network.see(L)
    empty = torch.zeros(1, 2, 8, 12)
    with torch.no_grad():
        mean, again = (draw(network.denoiser, seen, empty, empty, empty[:, :1], (0.0, 0.3)) for _ in range(2))
        one = draw(network.denoiser, seen, torch.randn(1, 2, 8, 12), empty, empty[:, :1], (0.0, 0.3))
        start = network.denoiser(empty, torch.zeros(1), empty, empty[:, :1], seen.tokens, seen.fine)
        only = draw(network.denoiser, seen, empty, empty, empty[:, :1], (0.0,))
    assert torch.equal(mean, again) and not torch.allclose(mean, one)
    torch.testing.assert_close(only, start)  # asked once, at time 0: the mean


def test_guidance_pushes_away_from_what_is_said_unseen(network):
    seen, empty = network.see(torch.rand(2, 1, 32, 32) * 100), torch.zeros(2, 2, 4, 4)
    with torch.no_grad():
        said = [draw(network.denoiser, seen, empty, empty, empty[:, :1], (0.0,), w) for w in (1.0, 1.5, 2.0)]
    torch.testing.assert_close(said[2] - said[1], said[1] - said[0], atol=1e-5, rtol=1e-4)
    assert not torch.allclose(said[0], said[1])


def test_known_places_are_the_means_of_hints_by_trust():
    ab, mask = torch.zeros(1, 2, 32, 32), torch.zeros(1, 1, 32, 32)
    ab[..., 8:12, 16:20], mask[..., 8:12, 16:20] = 40.0, 0.5
    known, trust = known_places(ab, mask)
    assert trust[0, 0, 1, 2] == 0.5 and trust.sum() == 0.5
    torch.testing.assert_close(known[0, :, 1, 2], torch.full((2,), 40 / AB_SCALE * 0.5))


def test_confidence_is_the_mass_of_the_bins_that_are_near():
    confidence = Confidence()
    bins = confidence.centers
    logits = torch.full((1, 313, 1, 2), -1e4)
    logits[0, 100] = 0.0  # surely this bin
    ab = torch.stack([bins[100], bins[100] + torch.tensor([40.0, 0])], 1)[None, :, None]
    sure, wrong = confidence(ab, logits)[0, 0, 0]
    assert sure > 0.95 and wrong < 0.01


def test_a_width_that_heads_do_not_divide_is_one_line():
    with pytest.raises(SettingError, match="width 40: must be a multiple of 32"):
        load_recipe("default", ["network.width=40"])
    with pytest.raises(SettingError, match="frozen 17"):
        load_recipe("default", ["frozen=17"])
    with pytest.raises(SettingError, match="aspects: method zhang2016 sees squares"):
        load_recipe("zhang2016", ["aspects=[1, 2]"])


@pytest.fixture(scope="module")
def recipe():
    stages = tuple(stage.model_copy(update={"steps": 3}) for stage in load_recipe("default", TINY).stages[:2])
    return Recipe(name="default", summary="tiny", stages=stages, decoding={"mood": 0.5, "size": 32})


@pytest.fixture(scope="module")
def runs(recipe, photographs, tmp_path_factory):
    """An unbroken run of both stages, and one that was broken off in each."""
    folder = tmp_path_factory.mktemp("flow")
    settings = {"data": photographs, "precision": "32-true"}
    train(recipe, RunSettings(out=folder / "unbroken", **settings))
    for last in (2, 4, None):
        train(recipe, RunSettings(out=folder / "broken", max_steps=last, **settings))
    return folder


def test_a_resumed_run_equals_an_unbroken_one_teacher_and_all(runs):
    unbroken, broken = (load(runs / name) for name in ("unbroken", "broken"))
    assert unbroken["steps_done"] == broken["steps_done"] == 6
    for part in ("network", "average"):
        for key, value in unbroken[part].items():
            assert torch.equal(value, broken[part][key]), key
    for key, value in unbroken["teachers"]["teacher"].items():
        assert torch.equal(value, broken["teachers"]["teacher"][key]), key


def test_the_teacher_is_the_average_of_the_stage_before(recipe, runs, photographs, tmp_path):
    train(
        recipe.model_copy(update={"stages": recipe.stages[:1]}),
        RunSettings(data=photographs, out=tmp_path, precision="32-true"),
    )
    average = load(tmp_path)["average"]
    for key, value in load(runs / "unbroken")["teachers"]["teacher"].items():
        assert torch.equal(value, average[f"module.{key}"]), key


@pytest.fixture(scope="module")
def model(runs, tmp_path_factory):
    return export(runs / "unbroken", tmp_path_factory.mktemp("model"), name="mine")


def test_two_graphs_and_a_card_that_the_product_takes(model):
    card = Model(model).card
    assert sorted(path.name for path in model.iterdir()) == ["card.json", "decoder.onnx", "encoder.onnx"]
    assert card.abilities == ("hints", "variants", "reference", "confidence", "palette", "mood", "reach")
    assert card.noise_stride == 8 and card.mood == 0.5 and card.default_size == 32 and card.output_stride == 2
    assert card.training["pictures"] == 24 and card.training["sources"]["coffee"] == 8
    assert "device" in card.training


@pytest.mark.parametrize(("height", "width"), [(32, 224), (34, 50), (96, 32)])
def test_the_product_says_what_torch_says(runs, model, height, width):
    network, _ = load_network(runs / "unbroken")
    L = (torch.rand(height, width, generator=torch.Generator().manual_seed(0)) * 100).numpy()
    seen = Model(model, threads=1).see(L)
    padded = torch.from_numpy(seen._feeds["L"])[None]
    with torch.no_grad():
        ab = whole_graph(network, FlowDecoding()).module(padded, torch.from_numpy(seen.z)[None])[0]
    np.testing.assert_allclose(seen.unhinted.ab, ab[0, :, : height // 2, : width // 2], atol=0.05)
    assert seen.unhinted.confidence.shape == seen.unhinted.ab.shape[1:]
    assert seen.logits.shape == (313, -(-height // 8), -(-width // 8))
    np.testing.assert_allclose(np.exp(seen.logits).sum(0), 1, atol=1e-3)
    assert len(likely(seen, height - 1, width - 1, None, 3)) == 3  # the palette, from the distribution at stride 8


def test_each_place_is_seen_a_little_like_its_neighbours():
    network = stirred()
    L = np.random.default_rng(0).uniform(0, 100, (64, 96)).astype(np.float32)
    near = [(slice(max(0, n - 1), n + 2)) for n in range(96)]
    soft = np.array([[L[near[row], near[column]].mean() for column in range(96)] for row in range(64)])
    soft = (1 - SOFTENED) * L + SOFTENED * soft
    with torch.no_grad():
        told = flow_graphs(network, FlowDecoding())["encoder"].module(torch.from_numpy(L)[None, None])
        seen = network.see(torch.from_numpy(soft)[None, None])
    for name, found, expected in zip(("tokens", "fine", "detail"), told, seen, strict=False):
        torch.testing.assert_close(found, expected, atol=1e-3, rtol=1e-3, msg=name)


def test_hints_enter_the_exported_graph_and_are_believed(model):
    encoder, decoder = (onnxruntime.InferenceSession(model / f"{stem}.onnx") for stem in ("encoder", "decoder"))
    L = np.random.default_rng(0).uniform(0, 100, (1, 1, 64, 96)).astype(np.float32)
    names = ["tokens", "fine", "detail", "logits"]
    feeds = dict(zip(names, encoder.run(names, {"L": L}), strict=True))
    feeds |= {"hint_ab": np.zeros((1, 2, 64, 96), np.float32), "hint_mask": np.zeros((1, 1, 64, 96), np.float32)}
    feeds["z"] = np.zeros((1, 2, 8, 12), np.float32)
    plain, unsure = decoder.run(["ab", "confidence"], feeds)
    feeds["hint_ab"][..., 24:40, 24:40], feeds["hint_mask"][..., 24:40, 24:40] = 50, 1
    told, sure = decoder.run(["ab", "confidence"], feeds)
    assert np.abs(told - plain).max() > 0.1
    assert sure[..., 14:18, 14:18].min() > 0.9 and unsure.min() >= 0 and unsure.max() <= 1
