import pytest

torch = pytest.importorskip("torch")
from torch import nn
from torch.nn.utils import parametrize

from colorizing_things.errors import SettingError
from colorizing_things.lab.networks.discriminators import Discriminator
from colorizing_things.lab.networks.normalization import (
    converge_spectral_norms,
    normalized,
    without_spectral_norms,
)


def norms(network):
    layers = [m for m in network.modules() if parametrize.is_parametrized(m, "weight")]
    return [float(torch.linalg.matrix_norm(m.weight.detach().flatten(1), 2)) for m in layers]


def test_fifty_power_iterations_bring_every_layer_to_norm_one():
    network = Discriminator(32, 4, "spectral", attention=True)
    for _ in range(50):
        network(torch.randn(2, 3, 32, 32))
    network.eval()
    found = norms(network)
    assert len(found) == 3 + 1 + 4 and all(0.95 < value < 1.05 for value in found)


def test_an_averages_norms_are_settled_on_its_own_weights():
    network = Discriminator(32, 4, "spectral").eval()
    with torch.no_grad():
        for name, buffer in network.named_buffers():
            if name.endswith(("_u", "_v")):
                buffer.mul_(0.3).add_(0.1 * torch.randn_like(buffer))  # as an average of unit vectors may look
    assert max(norms(network)) > 1.5
    converge_spectral_norms(network)
    assert all(0.95 < value < 1.05 for value in norms(network)) and not network.training


def test_plain_weights_compute_the_same():
    network = Discriminator(32, 4, "spectral", attention=True)
    converge_spectral_norms(network)
    network.eval()
    plain = without_spectral_norms(network)
    x = torch.randn(2, 3, 32, 32)
    torch.testing.assert_close(plain(x).score, network(x).score, atol=2e-3, rtol=1e-2)
    assert norms(plain) == [] and norms(network)


def test_layer_norm_is_each_pictures_own_and_batch_norm_is_not():
    x = torch.randn(3, 4, 8, 8)
    for name, own in (("layer", True), ("none", True), ("batch", False)):
        layer = normalized(nn.Conv2d(4, 6, 3), 6, name)
        assert torch.allclose(layer(x)[:1], layer(x[:1]), atol=1e-5) == own
    with pytest.raises(SettingError, match="unknown normalization 'bath'"):
        normalized(nn.Conv2d(4, 6, 3), 6, "bath")
