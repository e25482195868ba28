import json
import subprocess
import sys

import numpy as np
import onnx
import pytest

torch = pytest.importorskip("torch")
from colorizing_things import Colorizer
from colorizing_things.errors import TrainingError
from colorizing_things.lab.decoding.decoder import Decoder, Decoding
from colorizing_things.lab.export import TOLERANCE, check, export, graphs_of, without_paths
from colorizing_things.lab.networks.checkpoints import load_network
from colorizing_things.lab.networks.mobile_unet import MobileUNet
from colorizing_things.model.card import load_card


@pytest.fixture(scope="module")
def run(photographs, tmp_path_factory):
    """A short run of the real network from the ImageNet features, by the command."""
    out = tmp_path_factory.mktemp("runs") / "short"
    code = "from colorizing_things.cli import main; main()"
    command = [
        sys.executable, "-c", code, "train", "mobile-unet", "--data", str(photographs), "--out", str(out),
        "--max-steps", "2", "--set", "batch_size=4", "--set", "size=64",
    ]  # fmt: skip
    subprocess.run(command, check=True, timeout=300)
    return out


@pytest.fixture(scope="module")
def exported(run, tmp_path_factory):
    return export(run, tmp_path_factory.mktemp("model"))


def test_the_command_exports_a_model_that_colours(run, tmp_path, grey_photo):
    code = "from colorizing_things.cli import main; main()"
    command = [sys.executable, "-c", code, "export", str(run), "-o", str(tmp_path / "model"), "--name", "mine"]
    said = subprocess.run(command, check=True, capture_output=True, text=True, timeout=300).stdout
    assert "--model" in said
    card = load_card(tmp_path / "model")
    assert card.name == "mine" and card.stride == 32 and len(card.bins) == 313
    assert card.training["pictures_seen"] == 8
    assert (tmp_path / "model" / "model.onnx").stat().st_size < 40e6
    coloured = Colorizer(tmp_path / "model")(grey_photo)
    assert coloured.shape == (400, 600, 3)
    np.testing.assert_array_equal(coloured, Colorizer(str(tmp_path / "model" / "model.onnx"))(grey_photo))


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


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e6])
def test_weights_that_are_not_finite_are_not_exported(value, run, tmp_path):
    """Not in fp16 either."""
    saved = torch.load(run / "last.ckpt", weights_only=True)
    name = next(key for key in saved["average"] if key.endswith("weight") and saved["average"][key].numel() > 1000)
    saved["average"][name].view(-1)[7] = value
    (tmp_path / "run").mkdir()
    torch.save(saved, tmp_path / "run" / "last.ckpt")
    with pytest.raises(TrainingError, match="the run has diverged") as error:
        export(tmp_path / "run", tmp_path / "model")
    assert "\n" not in str(error.value) and not (tmp_path / "model" / "model.onnx").exists()


def test_a_small_weight_that_is_not_finite_is_seen_in_what_comes_of_it(run, tmp_path):
    saved = torch.load(run / "last.ckpt", weights_only=True)
    saved["average"]["module.regress.bias"][0] = float("nan")
    (tmp_path / "run").mkdir()
    torch.save(saved, tmp_path / "run" / "last.ckpt")
    with pytest.raises(TrainingError, match="not finite"):
        export(tmp_path / "run", tmp_path / "model")
