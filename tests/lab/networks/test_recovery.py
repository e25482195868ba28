"""The bundled flow's weights, taken back out of its graphs, give what the product gives."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from tiny_models import noise_model

from colorizing_things.errors import TrainingError
from colorizing_things.lab.decoding.flow import flow_graphs
from colorizing_things.lab.methods.flow import FlowMatching
from colorizing_things.lab.networks.recovery import flow_of
from colorizing_things.model.catalog import find_model
from colorizing_things.model.model import Model


def test_the_recovered_network_colours_as_the_product_does():
    model = Model("default", threads=1)
    network = flow_of(model.card)
    rng = np.random.default_rng(0)
    L = (np.add.outer(np.linspace(0, 50, 64), np.linspace(0, 40, 96)) + rng.normal(0, 2, (64, 96))).astype(np.float32)
    seen = model.see(L)
    graphs = flow_graphs(network, FlowMatching.decoding_settings(model.card.training["recipe"]["decoding"]))
    with torch.no_grad():
        features = graphs["encoder"].module(torch.from_numpy(L)[None, None])
        found = dict(zip(graphs["encoder"].outputs, features, strict=True))
        nothing = torch.zeros(1, 3, 64, 96)
        given = {**found, "hint_ab": nothing[:, :2], "hint_mask": nothing[:, 2:], "z": torch.zeros(1, 2, 8, 12)}
        ab = graphs["decoder"].module(*(given[name] for name in graphs["decoder"].inputs))[0]
    assert np.abs(ab[0].numpy() - seen.unhinted.ab).max() < 0.2  # two runtimes
    for name in ("keys", "queries"):  # hints keep to their objects in what is tuned from here, too
        np.testing.assert_allclose(found[name][0].numpy(), seen._feeds[name], atol=0.05)


def test_another_network_is_refused(tmp_path):
    with pytest.raises(TrainingError, match="is no flow"):
        flow_of(find_model(noise_model(tmp_path)))
