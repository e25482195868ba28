import numpy as np
import pytest

torch = pytest.importorskip("torch")
import torch.nn.functional as F
from papers import PRIOR, make_batch, make_graph, make_method, two_steps

from colorizing_things.errors import SettingError
from colorizing_things.lab.data.batches import Batch
from colorizing_things.lab.export import export
from colorizing_things.lab.methods import METHODS
from colorizing_things.lab.methods.zhang2016 import is_colorful
from colorizing_things.lab.recipes.load import load_recipe
from colorizing_things.lab.training.loop import train
from colorizing_things.lab.training.settings import RunSettings
from colorizing_things.model.card import load_card

TINY = ["network.width=0.05", "size=32", "batch_size=2"]
ALL = ["zhang2016", "zhang2016-unweighted", "zhang2016-l2"]


@pytest.mark.parametrize("name", ALL)
def test_two_steps_reach_every_parameter_and_the_graph_colours(name):
    method, _ = two_steps(name, TINY)
    graph = make_graph(method, name)
    answer = graph.module(torch.rand(1, 1, 32, 64) * 100)
    assert len(answer) == len(graph.outputs) and answer[0].shape == (1, 2, 8, 16)
    assert (graph.stride, graph.output_stride, graph.size) == (8, 4, 256)
    assert (len(graph.bins) == 313) == (name != "zhang2016-l2")


def test_the_optimizer_is_the_papers():
    method, _ = make_method("zhang2016", TINY)
    (group,) = method.trainables["network"].optimizer.param_groups
    assert group["betas"] == (0.9, 0.99) and group["lr"] == 3e-5
    # The paper's 1e-3 stands beside a sum over 44 x 44 positions, ours beside their mean.
    assert group["weight_decay"] == pytest.approx(1e-3 / 44**2, rel=0.05)


def test_grey_photographs_teach_nothing():
    ab = torch.zeros(3, 2, 8, 8)
    ab[0, 0, 0, 0], ab[1, 1, 3, 3], ab[2] = 5.5, -5.5, 4.9
    assert is_colorful(ab).tolist() == [1, 1, 0]
    for name in ALL:
        method, stage = make_method(name, TINY)
        colorful = make_batch(stage)
        gray = Batch(colorful.L, colorful.ab.clamp(-5, 5), colorful.L)
        (loss,) = method.step(gray).values()
        assert loss == 0
        half = Batch(colorful.L, torch.stack([colorful.ab[0], gray.ab[1]]), colorful.L)
        assert next(iter(method.step(half).values())) > 0


def test_the_unweighted_loss_is_the_plain_cross_entropy():
    method, stage = make_method("zhang2016-unweighted", TINY)
    rebalanced, _ = make_method("zhang2016", TINY)
    batch = make_batch(stage)
    with torch.no_grad():
        log_p = F.log_softmax(method.network(batch.L), dim=1)
        target = method.encode(batch.ab.permute(0, 2, 3, 1))
        dense = torch.zeros(*target.indices.shape[:3], 313).scatter_(-1, target.indices, target.weight)
        expected = -(dense.permute(0, 3, 1, 2) * log_p).sum(1).mean()
    torch.testing.assert_close(method.bin_weight, torch.ones(313))
    torch.testing.assert_close(method.step(batch)["classes"], expected)
    assert rebalanced.bin_weight[PRIOR.argmin()] > 5 * rebalanced.bin_weight[PRIOR.argmax()]


def test_the_l2_loss_is_equation_1():
    method, stage = make_method("zhang2016-l2", TINY)
    batch = make_batch(stage)
    with torch.no_grad():
        expected = 0.5 * (method.network(batch.L) - batch.ab).square().sum(1).mean() / 40**2
    torch.testing.assert_close(method.step(batch)["regression"], expected)


@pytest.mark.parametrize(
    ("name", "override", "match"),
    [
        ("zhang2016", "method.neighbors=0", "neighbors 0: must be 1 or more"),
        ("zhang2016", "method.neighbors=2.5", "neighbors: 2.5 is not a whole number"),
        ("zhang2016", "method.sigma=-1", "sigma -1: must be above 0"),
        ("zhang2016", "method.uniform=2", "uniform 2: must be at most 1"),
        ("zhang2016", "network.head=ab", "head=classes"),
        ("zhang2016-l2", "network.head=classes", "head=ab"),
        ("zhang2016", "network=mobile-unet", "trains network zhang2016"),
    ],
)
def test_wrong_settings_are_one_line(name, override, match):
    overrides = [*TINY, override]
    if override == "network=mobile-unet":
        overrides = [override, "network={weights: none}"]
    with pytest.raises(SettingError, match=match) as error:
        make_method(name, overrides)
    assert "\n" not in str(error.value)


def test_decoding_takes_what_it_knows_and_says_what():
    method = METHODS["zhang2016"]
    assert method.decoding_settings({"size": 128}).model_dump() == {"temperature": 0.38, "size": 128}
    for given, match in (
        ({"temprature": 0.5}, "unknown setting 'temprature' of decoding: choose size, temperature"),
        ({"temperature": 0}, "decoding.temperature 0: must be above 0"),
        ({"size": "small"}, "decoding.size: 'small' is not a whole number"),
    ):
        with pytest.raises(SettingError, match=match):
            method.decoding_settings(given)
    with pytest.raises(SettingError, match="true or false"):
        METHODS["vaegan"].decoding_settings({"draws": 1})
    with pytest.raises(SettingError, match="it takes none"):
        METHODS["distil"].decoding_settings({"size": 64})


def test_a_run_exports_and_the_product_colours_with_it(photographs, tmp_path):
    from colorizing_things import Colorizer

    recipe = load_recipe("zhang2016", [*TINY, "steps=2"])
    train(recipe, RunSettings(data=photographs, out=tmp_path / "run", precision="32-true"))
    folder = export(tmp_path / "run", tmp_path / "model")
    card = load_card(folder)
    assert card.stride == 8 and card.temperature == 0.38 and card.outputs == ["ab", "logits"] and len(card.bins) == 313
    gray = np.random.default_rng(0).integers(0, 256, (60, 90), dtype=np.uint8)
    assert Colorizer(folder)(gray).shape == (60, 90, 3)
