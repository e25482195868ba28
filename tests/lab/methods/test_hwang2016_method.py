import pytest

torch = pytest.importorskip("torch")
from papers import make_batch, make_graph, make_method, two_steps

from colorizing_things.errors import SettingError
from colorizing_things.lab.color.luv import ab_to_uv
from colorizing_things.lab.export import export
from colorizing_things.lab.recipes.load import load_recipe
from colorizing_things.lab.training.loop import train
from colorizing_things.lab.training.settings import RunSettings
from colorizing_things.model.card import load_card

TINY = ["network.width=0.1", "network.weights=none", "size=32", "batch_size=2"]


@pytest.mark.parametrize("name", ["hwang2016-regression", "hwang2016-classification"])
def test_two_steps_reach_every_parameter_and_the_graph_colours(name):
    method, _ = two_steps(name, TINY)
    graph = make_graph(method, name)
    (ab,) = graph.module(torch.rand(1, 1, 32, 40) * 100)
    assert ab.shape == (1, 2, 32, 40) and ab.isfinite().all()
    assert (graph.stride, graph.output_stride, graph.size) == (8, 1, 224)
    assert graph.temperature == (0.38 if name.endswith("classification") else None)


def test_the_graph_gives_the_ab_of_the_u_and_v_that_the_network_says():
    """A network that happens to be right is decoded into exactly the photograph's ab."""
    method, stage = make_method("hwang2016-regression", TINY)
    batch = make_batch(stage)
    L, ab = batch.clean_L.clamp(20, 80), batch.ab.clamp(-20, 20)
    uv = ab_to_uv(L, ab)
    graph = make_graph(method, "hwang2016-regression")
    graph.module.network.forward = lambda _: uv
    torch.testing.assert_close(graph.module(L)[0], ab, atol=0.05, rtol=0)


def test_losses_are_as_written():
    method, stage = make_method("hwang2016-regression", TINY)
    batch = make_batch(stage)
    with torch.no_grad():
        expected = (method.network(batch.L) - ab_to_uv(batch.clean_L, batch.ab)).square().sum(1).mean() / 50**2
    torch.testing.assert_close(method.step(batch)["regression"], expected)
    blurred, _ = make_method("hwang2016-regression", [*TINY, "method.blurred=true"])
    assert blurred.step(batch)["regression"] < expected


def test_vgg_learns_at_its_own_rate():
    method, _ = make_method("hwang2016-classification", TINY)
    new, old = method.trainables["network"].optimizer.param_groups
    assert (new["lr"], old["lr"]) == (1e-3, 1e-4)
    assert sum(p.numel() for p in old["params"]) == sum(p.numel() for p in method.network.encoder.parameters())


def test_wrong_settings_are_one_line():
    with pytest.raises(SettingError, match="head=bins"):
        make_method("hwang2016-classification", [*TINY, "network.head=uv"])
    with pytest.raises(SettingError, match="target_stride 4: network hwang2016 needs 1"):
        make_method("hwang2016-regression", [*TINY, "target_stride=4"])


def test_a_run_exports_and_the_product_colours_with_it(photographs, tmp_path, gray_photo):
    from colorizing_things import Colorizer

    recipe = load_recipe("hwang2016-classification", [*TINY, "steps=2"])
    train(recipe, RunSettings(data=photographs, out=tmp_path / "run", precision="32-true"))
    folder = export(tmp_path / "run", tmp_path / "model")
    card = load_card(folder)
    assert (card.stride, card.output_stride, card.outputs) == (8, 1, ["ab"])
    assert Colorizer(folder)(gray_photo).shape == (400, 600, 3)
