"""A model that reads a pretrained encoder out of its own file, where that lies beside it."""

import shutil

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from safetensors.torch import save_file

from colorizing_things import Colorizer
from colorizing_things.errors import ModelError
from colorizing_things.lab import separation
from colorizing_things.lab.decoding.graph import latent_graph
from colorizing_things.lab.export import write_graph
from colorizing_things.lab.networks.bottleneck import Bottleneck
from colorizing_things.lab.separation import separate
from colorizing_things.model.card import Card, GraphFile, load_card


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder with a model of random weights, and a file with those of its encoder."""
    tmp_path = tmp_path_factory.mktemp("made")
    torch.manual_seed(0)
    network = Bottleneck(32, weights="none", width=0.25, generator_width=4).eval()
    weights = tmp_path / "encoder.safetensors"
    network.encoder.features[2].weight.data[0, 0, 0, 0] = 0.0
    state = {key: value.half().contiguous() for key, value in network.encoder.state_dict().items()}
    state["features.2.weight"][0, 0, 0, 0] = -0.0  # as published; a training's average has no such sign
    save_file(state, weights)
    folder = tmp_path / "model"
    folder.mkdir()
    path = write_graph(latent_graph(network), folder / "model.onnx")
    sha256 = separation._sha256(path)
    Card("tiny", "aae", "Tiny.", 32, 1, 32, ["L"], ["ab"], 1, path.name, sha256, fixed_size=32, folder=folder).save()
    return tmp_path


@pytest.fixture
def model(made, tmp_path):
    """The same to change: the model's folder, and the file."""
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    return tmp_path / "model", tmp_path / "encoder.safetensors"


def test_what_was_not_trained_leaves_the_file_and_nothing_else_changes(model, gray_photo):
    folder, weights = model
    before, size = Colorizer(folder)(gray_photo), (folder / "model.onnx").stat().st_size
    known = separation.places(weights)
    taken = separate(folder, weights)
    large = [place for place in known.values() if place.length >= 2 * 256]  # smaller ones are kept in fp32
    assert taken == len(large) > 8
    assert (folder / "model.onnx").stat().st_size < size - 0.9 * sum(place.length for place in large)
    np.testing.assert_array_equal(Colorizer(folder)(gray_photo), before)


def test_another_file_beside_it_is_refused(model, gray_photo):
    folder, weights = model
    separate(folder, weights)
    assert load_card(folder).beside == [GraphFile(weights.name, separation._sha256(weights))]
    beside = folder / weights.name
    beside.write_bytes(beside.read_bytes()[:-1] + b"?")
    with pytest.raises(ModelError, match=r"encoder\.safetensors: does not match its card's checksum"):
        Colorizer(folder)
    beside.unlink()
    with pytest.raises(ModelError, match=r"encoder\.safetensors: missing"):
        Colorizer(folder)


def test_weights_of_something_else_are_refused_and_the_model_is_as_it_was(model, tmp_path):
    folder, _ = model
    shutil.copytree(folder, tmp_path / "before")
    save_file({"a": torch.ones(3)}, tmp_path / "other.safetensors")
    with pytest.raises(ModelError, match="none of its weights is in"):
        separate(folder, tmp_path / "other.safetensors")
    for path in folder.iterdir():
        assert path.read_bytes() == (tmp_path / "before" / path.name).read_bytes()
