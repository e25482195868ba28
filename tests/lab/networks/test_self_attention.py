import pytest

torch = pytest.importorskip("torch")
from colorizing_things.lab.networks.self_attention import SelfAttention


def test_at_the_start_it_changes_nothing_and_only_gamma_learns():
    layer, x = SelfAttention(16), torch.randn(2, 16, 8, 8)
    torch.testing.assert_close(layer(x), x)
    layer(x).square().sum().backward()
    assert layer.gamma.grad.abs() > 0
    assert layer.query.parametrizations.weight.original.grad.abs().max() == 0


def test_a_far_place_is_seen():
    layer, x = SelfAttention(16).eval(), torch.randn(1, 16, 8, 8)
    with torch.no_grad():
        layer.gamma.fill_(1.0)
    other = x.clone()
    other[..., 7, 7] += 20
    assert (layer(other) - layer(x))[..., 0, 0].abs().max() > 1e-3


def test_it_is_equation_3_with_keys_and_values_pooled():
    layer, x = SelfAttention(16).eval(), torch.randn(1, 16, 4, 4)
    with torch.no_grad():
        layer.gamma.fill_(0.7)
        query = layer.query(x).flatten(2)[0]
        key, value = (torch.nn.functional.max_pool2d(f(x), 2).flatten(2)[0] for f in (layer.key, layer.value))
        mixed = value @ torch.softmax(query.T @ key, dim=1).T
        expected = 0.7 * layer.out(mixed.view(1, 8, 4, 4)) + x
        torch.testing.assert_close(layer(x), expected, atol=1e-5, rtol=1e-4)
