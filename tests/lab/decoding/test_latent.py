import pytest

torch = pytest.importorskip("torch")
from colorizing_things.lab.decoding.latent import LatentColorizer
from colorizing_things.lab.networks.deshpande2017 import Deshpande2017VAE
from colorizing_things.lab.networks.deshpande2017_mixture import Deshpande2017MDN


@pytest.fixture(scope="module")
def mixture():
    torch.manual_seed(0)
    return Deshpande2017MDN(0.03, 0.03, features_width=0.03, gray_size=64).eval()


@torch.no_grad()
def test_zeros_are_the_likeliest_and_modes_are_the_means(mixture):
    L = torch.rand(1, 1, 64, 64) * 100
    colorizer_graph = LatentColorizer(mixture)
    ab, weight, modes = colorizer_graph(L, torch.zeros(1, 64))
    assert ab.shape == (1, 2, 16, 16) and (modes[:, 0] == 0).all() and weight.shape == (1, 8)
    _, means, deviation = mixture.modes(L)
    for i in (0, 3):
        expected = torch.nn.functional.interpolate(
            mixture.decode(means[:, i], L), size=(16, 16), mode="bilinear", align_corners=False
        )
        torch.testing.assert_close(colorizer_graph(L, modes[:, i])[0], expected, atol=1e-3, rtol=1e-3)
    torch.testing.assert_close(modes[:, 2] * deviation + means[:, 0], means[:, 2], atol=1e-5, rtol=1e-5)


@torch.no_grad()
def test_a_prior_is_a_mixture_of_one():
    network = Deshpande2017VAE(0.03).eval()
    L, z = torch.rand(2, 1, 64, 96) * 100, torch.randn(2, 64)
    ab, weight, modes = LatentColorizer(network)(L, z)
    assert ab.shape == (2, 2, 16, 24) and weight.tolist() == [[1.0], [1.0]] and (modes == 0).all()
    direct = torch.nn.functional.interpolate(network.decode(z, L), (16, 24), mode="bilinear", align_corners=False)
    torch.testing.assert_close(ab, direct)
