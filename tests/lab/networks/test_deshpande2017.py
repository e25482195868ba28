from itertools import pairwise

import pytest

torch = pytest.importorskip("torch")
import torch.nn.functional as F

from colorizing_things.errors import SettingError
from colorizing_things.lab.networks.deshpande2017 import AB_SCALE, Deshpande2017CVAE, Deshpande2017VAE, gradients
from colorizing_things.lab.networks.deshpande2017_mixture import Deshpande2017MDN

W = 0.03


def count(module):
    return sum(p.numel() for p in module.parameters())


def conv(inside, outside, kernel, norm=True):
    return inside * outside * kernel**2 + outside + (2 * outside if norm else 0)


@pytest.fixture(scope="module")
def full():
    with torch.device("meta"):
        return {
            "vae": Deshpande2017VAE(), "skips": Deshpande2017VAE(skips=True), "cvae": Deshpande2017CVAE(),
            "mdn": Deshpande2017MDN(),
        }  # fmt: skip


def test_parameters_are_those_of_the_layer_tables(full):
    def encoder(inside):
        layers = conv(inside, 128, 5) + conv(128, 256, 5) + conv(256, 512, 5) + conv(512, 1024, 4)
        return layers + 16384 * 128 + 128

    plain = conv(64, 1024, 4) + conv(1024, 512, 5) + conv(514, 256, 5) + conv(258, 128, 5) + conv(128, 2, 5)
    gray = conv(1, 128, 5) + conv(128, 256, 5) + conv(256, 512, 5) + conv(512, 1024, 3)
    joined = conv(1088, 512, 3) + conv(1024, 256, 5) + conv(512, 128, 5) + conv(256, 64, 5) + conv(64, 2, 5, norm=False)
    assert count(full["vae"]) == encoder(2) + plain
    assert count(full["skips"]) == encoder(2) + gray + joined
    assert count(full["cvae"]) == encoder(3) + gray + joined
    layers = (512, 384, 320, 288, 256, 128, 96, 64)
    mixture = sum(conv(i, o, 5) for i, o in pairwise(layers)) + 4 * 4 * 64 * 520 + 520
    assert count(full["mdn"].layers) + count(full["mdn"].mixture) == mixture
    assert full["mdn"].mixture.out_features == 520


@pytest.mark.parametrize("skips", [False, True])
def test_fields_come_out_for_any_picture(skips):
    network = Deshpande2017VAE(W, skips)
    L, ab = torch.rand(2, 1, 128, 96) * 100, torch.randn(2, 2, 64, 64) * 20
    answer = network(L, ab)
    assert answer.field.shape == (2, 2, 64, 64) and answer.field.abs().max() <= 1
    assert answer.mean.shape == answer.log_variance.shape == (2, 64)
    network.eval()
    z = torch.randn(2, 64)
    one, other = network.decode(z, L), network.decode(z, 100 - L)
    assert one.shape == (2, 2, 64, 64) and not torch.allclose(one, other)  # it sees the grey picture
    assert not torch.allclose(one, network.decode(-z, L))


def test_fields_begin_about_as_colourful_as_photographs():
    torch.manual_seed(0)
    network = Deshpande2017VAE(W)
    answer = network(torch.rand(8, 1, 64, 64) * 100, torch.randn(8, 2, 64, 64) * 20)
    assert 8 < (answer.field * AB_SCALE).std() < 25


def test_only_the_conditional_encoder_sees_lightness():
    ab = torch.randn(1, 2, 64, 64) * 20
    L = torch.rand(1, 1, 64, 64) * 100
    plain, conditional = Deshpande2017VAE(W).eval(), Deshpande2017CVAE(W).eval()
    torch.testing.assert_close(plain.posterior(L, ab), plain.posterior(100 - L, ab))
    assert not torch.allclose(conditional.posterior(L, ab)[0], conditional.posterior(100 - L, ab)[0])


def test_gradient_maps_of_a_ramp():
    ramp = torch.arange(64.0)[None, :].expand(64, 64)[None, None]
    down, across = gradients(ramp, 16)[0]
    assert (down == 0).all() and (across[:, 0] == 0).all()
    torch.testing.assert_close(across[:, 1:], torch.full((16, 15), 4.0))


@pytest.fixture(scope="module")
def mixture():
    return Deshpande2017MDN(W, W, features_width=W, gray_size=64).eval()


def test_modes_fall_in_weight_and_are_the_mixtures(mixture):
    L = torch.rand(3, 1, 64, 64) * 100
    logits, means = mixture.components(L)
    weight, modes, deviation = mixture.modes(L)
    assert logits.shape == (3, 8) and means.shape == (3, 8, 64) and deviation == 0.1
    torch.testing.assert_close(weight.sum(1), torch.ones(3))
    assert (weight.diff(dim=1) <= 0).all()
    best = logits.argmax(1)
    torch.testing.assert_close(modes[:, 0], means[torch.arange(3), best])


@pytest.mark.parametrize("fresh", [True, False])
def test_what_is_frozen_stays_so(mixture, fresh):
    mixture = Deshpande2017MDN(W, W, features_width=W, gray_size=64) if fresh else mixture.train()
    assert mixture.layers.training and not mixture.vae.training and not mixture.features.training
    assert not any(p.requires_grad for part in mixture.frozen for p in part.parameters())
    mixture.eval()


def test_features_of_mobilenet_lie_on_the_same_grid():
    network = Deshpande2017MDN(W, W, features="mobilenet-v2", gray_size=64).eval()
    L = torch.rand(1, 1, 64, 64) * 100
    assert network.features.features(L).shape == (1, 96, 8, 8)
    assert network.components(L)[1].shape == (1, 8, 64)
    assert F.softmax(network.components(L)[0], 1).isfinite().all()


@pytest.mark.parametrize(
    ("kind", "settings", "match"),
    [
        (Deshpande2017VAE, {"width": -1}, "width -1"),
        (Deshpande2017MDN, {"features": "vgg"}, "choose zhang2016, mobilenet-v2"),
        (Deshpande2017MDN, {"gray_size": 100}, "multiple of 32"),
    ],
)
def test_wrong_settings_are_one_line(kind, settings, match):
    with pytest.raises(SettingError, match=match) as error:
        kind(**settings)
    assert "\n" not in str(error.value)
