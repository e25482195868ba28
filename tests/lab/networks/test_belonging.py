"""Keys and queries: what the lab trains is what the product reads."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from tiny_models import noise_model

from colorizing_things.lab.networks.belonging import LENGTH, Belonging, logits
from colorizing_things.model.model import Model


@pytest.fixture
def made():
    torch.manual_seed(0)
    with torch.no_grad():
        return Belonging(24, 9)(torch.randn(2, 24, 4, 6), torch.randn(2, 9, 8, 12))


def test_shapes_and_that_the_chance_falls_with_the_distance(made):
    keys, queries = made
    assert keys.shape == (2, LENGTH, 8, 12) and queries.shape == (2, LENGTH + 2, 8, 12)
    assert queries[:, -1].min() > 0


def test_the_product_reads_them_as_the_lab_does(made, tmp_path):
    keys, queries = made
    said = logits(keys, queries, torch.tensor([5 * 12 + 7, 0])).sigmoid()
    seen = Model(noise_model(tmp_path / "model", affinity=["keys", "queries"])).see(np.full((64, 96), 50, np.float32))
    for number, (row, column) in enumerate([(5, 7), (0, 0)]):
        seen._feeds |= {"keys": keys[number].numpy(), "queries": queries[number].numpy()}
        np.testing.assert_allclose(seen.belonging(row * 8 + 3, column * 8 + 3), said[number, 0].numpy(), atol=1e-5)
