import json

import numpy as np
import onnx
import pytest
from commands import one_after_another

torch = pytest.importorskip("torch")
from tiny import tiny_stage

from colorizing_things import Colorizer
from colorizing_things.errors import TrainingError
from colorizing_things.lab.config.recipe import Recipe
from colorizing_things.lab.decoding.decoder import Decoder, Decoding
from colorizing_things.lab.decoding.graph import Graph
from colorizing_things.lab.export import TOLERANCE, check, export, write_graph
from colorizing_things.lab.networks.checkpoints import load_network
from colorizing_things.lab.networks.mobile_unet import MobileUNet
from colorizing_things.lab.training.card import graphs_of, without_paths
from colorizing_things.lab.training.loop import train
from colorizing_things.lab.training.settings import RunSettings
from colorizing_things.model.card import load_card


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where the command has its run and its model."""
    return tmp_path_factory.mktemp("exported")


@pytest.fixture(scope="module")
def command(photographs, folder):
    """What the command said that exports a short run from the ImageNet features."""
    settings = ("batch_size=4", "size=64", "network.widths=[8,8,8]", "queries=2", "query_layers=3", "query_width=8")
    small = ["--max-steps", "2", *(word for setting in settings for word in ("--set", setting))]
    lines = (
        ["train", "mobile-unet", "--data", str(photographs), "--out", "short", *small],
        ["export", "short", "-o", "model", "--name", "mine"],
    )
    trained, said = one_after_another([(words, folder, {}) for words in lines])
    assert trained.code == 0 and said.code == 0, (trained, said)
    return said


@pytest.fixture(scope="module")
def run(command, folder):
    return folder / "short"


@pytest.fixture(scope="module")
def exported(command, folder):
    return folder / "model"


def test_the_command_exports_a_model_that_colours(command, exported, gray_photo):
    assert "--model" in command.stdout
    assert "torch" not in command.stderr and "Warning" not in command.stderr  # PyTorch's exporter has much to say
    card = load_card(exported)
    assert card.name == "mine" and card.stride == 32 and len(card.bins) == 313
    assert card.training["pictures_seen"] == 8
    assert (exported / "model.onnx").stat().st_size < 40e6
    colored = Colorizer(exported)(gray_photo)
    assert colored.shape == (400, 600, 3)
    np.testing.assert_array_equal(colored, Colorizer(str(exported / "model.onnx"))(gray_photo))


def test_weights_are_stored_as_half_and_computed_as_float(exported):
    model = onnx.load(exported / "model.onnx")
    large = [w for w in model.graph.initializer if np.prod(w.dims) >= 256]
    floats = [w for w in large if w.data_type in (onnx.TensorProto.FLOAT, onnx.TensorProto.FLOAT16)]
    assert floats and all(w.data_type == onnx.TensorProto.FLOAT16 for w in floats)
    assert all(o.type.tensor_type.elem_type == onnx.TensorProto.FLOAT for o in model.graph.output)
    assert "/" not in json.dumps(load_card(exported).training)  # no path of the machine it was made on


def test_a_graph_that_differs_is_refused(run, exported):
    network, saved = load_network(run)
    graph = graphs_of(network, saved)["model"]
    assert check(graph, exported / "model.onnx") < TOLERANCE
    with torch.no_grad():
        network.regress.bias.add_(5)
    with pytest.raises(TrainingError, match="differs from torch"):
        check(graphs_of(network, saved)["model"], exported / "model.onnx")


def test_decoding_goes_from_the_regression_to_the_classes():
    network = MobileUNet(widths=(8, 8, 8), queries=2, query_layers=3, query_width=8, weights="none").eval()
    weight = torch.linspace(0.5, 3, 313)
    L = torch.rand(1, 1, 32, 64) * 100
    with torch.no_grad():
        regression, classes, half = (
            Decoder(network, Decoding(classes=share), weight)(L)[0] for share in (0.0, 1.0, 0.5)
        )
        torch.testing.assert_close(regression, network(L).ab)
        torch.testing.assert_close(half, (regression + classes) / 2, atol=1e-4, rtol=1e-4)
        undone = Decoder(network, Decoding(classes=1.0, logit_adjustment=1.0), weight)(L)[0]
        assert not torch.allclose(undone, classes)
        wide = Decoder(network, Decoding(classes=0.0, chroma=1.5), weight)(L)[0]
        torch.testing.assert_close(wide, 1.5 * regression)


def test_a_card_names_weights_and_runs_without_their_places():
    stage = {
        "network": {"name": "x", "weights": "/a/vgg.pth", "width": 2},
        "method": {"name": "y", "vae": "/runs/mine"},
    }
    told = without_paths({"name": "x", "stages": [stage]})["stages"][0]
    assert told == {"network": {"name": "x", "weights": "vgg.pth", "width": 2}, "method": {"name": "y", "vae": "mine"}}
    assert stage["method"]["vae"] == "/runs/mine"


class Small(torch.nn.Module):
    """Two convolutions: L -> (ab,) at a quarter of the size."""

    def __init__(self):
        super().__init__()
        self.wide, self.narrow = torch.nn.Conv2d(1, 64, 4, 4), torch.nn.Conv2d(64, 2, 1)

    def forward(self, L):
        return (self.narrow(self.wide(L / 100)),)


@pytest.mark.parametrize(
    ("layer", "value", "match"),
    [
        ("wide", float("nan"), "is not finite; the run has diverged"),
        ("wide", float("inf"), "is not finite; the run has diverged"),
        ("wide", 1e6, "larger than fp16 can hold"),
        (
            "narrow",
            float("nan"),
            "colours that are not finite; the run has diverged",
        ),  # small: seen in what comes of it
    ],
)
def test_what_is_not_finite_is_not_exported(layer, value, match, tmp_path):
    module = Small().eval()
    with torch.no_grad():
        getattr(module, layer).weight[0, 0] = value
    with pytest.raises(TrainingError, match=match) as error:
        write_graph(Graph(module, ("L",), ("ab",), stride=4, output_stride=4, size=64), tmp_path / "model.onnx")
    assert "\n" not in str(error.value) and list(tmp_path.iterdir()) == []


def test_a_part_that_is_not_finite_is_not_exported(tmp_path, photographs):
    recipe = Recipe(name="distil-vgg16", stages=(tiny_stage("distil-vgg16", "steps=1"),))
    train(recipe, RunSettings(data=photographs, out=tmp_path / "run", precision="32-true"))
    saved = torch.load(tmp_path / "run" / "last.ckpt", weights_only=True)
    next(value for key, value in saved["average"].items() if key.endswith("features.0.weight"))[0] = float("nan")
    torch.save(saved, tmp_path / "run" / "last.ckpt")
    with pytest.raises(TrainingError, match="not finite in fp16; the run has diverged"):
        export(tmp_path / "run", tmp_path / "weights")
