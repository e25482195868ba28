import pytest

torch = pytest.importorskip("torch")
from colorizing_things.lab.networks.discriminators import ChromaPatches
from colorizing_things.lab.networks.mobile_unet import MobileUNet


@pytest.fixture(scope="module")
def network():
    return MobileUNet(widths=(16, 12, 8), queries=4, query_layers=3, query_width=16, weights="none").eval()


def test_it_answers_at_a_quarter_of_the_size(network):
    answer = network(torch.rand(2, 1, 64, 96) * 100)
    assert answer.ab.shape == (2, 2, 16, 24)
    assert answer.logits.shape == (2, 313, 16, 24)
    assert answer.confidence_logits.shape == (2, 1, 16, 24)


def test_classifying_some_places_gives_what_classifying_all_gives(network):
    L = torch.rand(2, 1, 64, 64) * 100
    at = torch.tensor([0, 17, 255])
    everywhere = network(L).logits.flatten(2).transpose(1, 2)
    torch.testing.assert_close(network(L, at=at).logits, everywhere[:, at], atol=1e-4, rtol=1e-4)


def test_every_parameter_gets_a_gradient(network):
    with torch.no_grad():
        for parameter in network.parameters():  # what starts at zero would hide what lies behind it
            parameter.add_(0.01 * torch.randn_like(parameter))
    answer = network(torch.rand(2, 1, 64, 64) * 100, torch.randn(2, 2, 64, 64) * 20, torch.rand(2, 1, 64, 64))
    (
        answer.ab.square().mean() + answer.logits.logsumexp(1).mean() + answer.confidence_logits.square().mean()
    ).backward()
    without = [name for name, p in network.named_parameters() if p.grad is None or not p.grad.abs().sum() > 0]
    assert without == []
    network.zero_grad()


def test_the_discriminator_is_spectrally_normal_and_sees_lightness():
    critic = ChromaPatches(8)
    L, ab = torch.rand(2, 1, 64, 64) * 100, torch.randn(2, 2, 16, 16) * 20
    for _ in range(60):
        critic(L, ab)
    critic.eval()
    assert critic(L, ab).shape == (2, 1, 4, 4)
    for layer in [*critic.layers, critic.score]:
        sigma = torch.linalg.matrix_norm(layer.weight.flatten(1), 2)
        assert 0.95 < sigma < 1.05
    assert not torch.allclose(critic(L, ab), critic(100 - L, ab))
