import pytest

torch = pytest.importorskip("torch")
from colorizing_things.lab.networks.hint_pyramid import HintPyramid, pool_hints
from colorizing_things.lab.networks.mobile_unet import MobileUNet


def test_a_cell_holds_the_mean_of_its_hints_and_the_trust_of_the_surest():
    ab, mask = torch.full((1, 2, 8, 8), 99.0), torch.zeros(1, 1, 8, 8)
    ab[0, :, 0, 0], mask[0, 0, 0, 0] = torch.tensor([10.0, -10.0]), 1.0
    ab[0, :, 1, 1], mask[0, 0, 1, 1] = torch.tensor([40.0, 20.0]), 0.5
    pooled, trust = pool_hints(ab, mask)
    torch.testing.assert_close(pooled[0, :, 0, 0], torch.tensor([20.0, 0.0]))
    assert trust[0, 0].tolist() == [[1.0, 0.0], [0.0, 0.0]]
    assert not pooled[0, :, 1].any()


def test_a_new_network_is_deaf_to_hints_and_learns_to_hear_them():
    network = MobileUNet(widths=(16, 12, 8), queries=4, query_layers=3, query_width=16, weights="none").eval()
    L, ab, mask = torch.rand(1, 1, 64, 64) * 100, torch.randn(1, 2, 64, 64) * 30, torch.ones(1, 1, 64, 64)
    torch.testing.assert_close(network(L).ab, network(L, ab, mask).ab)
    network(L, ab, mask).ab.square().mean().backward()
    assert all(join.weight.grad.abs().sum() > 0 for join in network.hints.joins)


def test_features_come_at_four_strides():
    shapes = [
        tuple(x.shape) for x in HintPyramid((24, 32, 96, 320))(torch.zeros(2, 2, 64, 96), torch.zeros(2, 1, 64, 96))
    ]
    assert shapes == [(2, 24, 16, 24), (2, 32, 8, 12), (2, 96, 4, 6), (2, 320, 2, 3)]
