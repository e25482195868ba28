import pytest

torch = pytest.importorskip("torch")
import torch.nn.functional as F
from torch import nn

from colorizing_things.errors import SettingError
from colorizing_things.lab.networks.bottleneck import Bottleneck
from colorizing_things.lab.networks.conditional_vae import ConditionalVAE
from colorizing_things.lab.networks.discriminators import CodeDiscriminator, Discriminator, discriminator_input
from colorizing_things.lab.networks.generators import Generator
from colorizing_things.lab.networks.unet_sagan import UNetSAGAN


def layers(network, kind):
    found = [m for m in network.modules() if isinstance(m, kind)]
    return [(m.in_channels, m.out_channels, m.kernel_size[0], m.stride[0], m.padding[0]) for m in found]


def test_the_generators_layers_are_the_seeds():
    assert layers(Generator(100, 128), nn.ConvTranspose2d) == [
        (100, 512, 4, 1, 0), (512, 256, 4, 2, 1), (256, 128, 4, 2, 1), (128, 64, 4, 2, 1), (64, 32, 4, 2, 1),
        (32, 2, 4, 2, 1),
    ]  # fmt: skip


def test_the_discriminator_is_its_mirror():
    assert layers(Discriminator(128), nn.Conv2d) == [
        (3, 32, 4, 2, 1), (32, 64, 4, 2, 1), (64, 128, 4, 2, 1), (128, 256, 4, 2, 1), (256, 512, 4, 2, 1),
        (512, 1, 4, 1, 0),
    ]  # fmt: skip
    seen = Discriminator(128, 2)(torch.rand(3, 3, 128, 128) * 2 - 1)
    assert seen.score.shape == (3,) and seen.middle.shape == (3, 8, 16, 16)


@pytest.mark.parametrize("size", [32, 64, 128, 256])
def test_any_power_of_two_is_a_size(size):
    generator = Generator(7, size, width=2)
    ab = generator(torch.randn(2, 7) * 50)
    assert ab.shape == (2, 2, size, size) and ab.abs().max() <= 110
    assert Discriminator(size, 2)(torch.rand(2, 3, size, size)).score.shape == (2,)


@pytest.mark.parametrize("size", [0, 16, 24, 100])
def test_other_sizes_are_one_line(size):
    with pytest.raises(SettingError, match="doubles a map of 4 or 6 px"):
        Generator(100, size)


def test_no_checkerboard_every_output_of_a_layer_has_as_many_inputs():
    layer = nn.ConvTranspose2d(1, 1, 4, 2, 1, bias=False)
    nn.init.ones_(layer.weight)
    inner = layer(torch.ones(1, 1, 8, 8))[..., 2:-2, 2:-2]
    assert inner.min() == inner.max()
    assert {k[2:] for k in layers(Generator(100, 64), nn.ConvTranspose2d)[1:]} == {(4, 2, 1)}


def test_the_seed_from_picture_to_score():
    network = Bottleneck(128, weights="none", width=0.0625, generator_width=4)
    L = torch.rand(2, 1, 128, 128) * 100
    code = network.encode(L)
    assert code.mean.shape == (2, 100) and code.log_variance is None
    ab = network(L)
    assert ab.shape == (2, 2, 128, 128)
    assert Discriminator(128, 4)(discriminator_input(L, ab)).score.shape == (2,)
    assert CodeDiscriminator(100, 16)(code.mean).shape == (2, 1)


def test_the_bottleneck_lets_through_nothing_but_the_code():
    network = Bottleneck(32, weights="none", width=0.0625, generator_width=4, latent=3).eval()
    network.generator.joins.requires_grad_(False)
    code = network.encode(torch.rand(1, 1, 32, 32) * 100)
    torch.testing.assert_close(network.generate(code.mean, []), network.generator(code.mean))
    assert len(network.generator.joins) == 0


def test_pictures_cannot_all_get_one_code():
    torch.manual_seed(0)
    network = Bottleneck(32, weights="none", width=0.0625, generator_width=4, latent=3)
    pictures = torch.linspace(0, 100, 64)[:, None, None, None].expand(64, 1, 32, 32)
    with torch.no_grad():  # little between them, far from nought: what an adversary alone lets pass
        plain = network.to_code(network.encoder(pictures)[-1].flatten(1))
        network.to_code.weight *= 0.1 / plain.std(0).min()  # far above batch norm's epsilon
        network.to_code.bias += 5
    code = network.encode(pictures).mean
    torch.testing.assert_close(code.mean(0), torch.zeros(3), atol=1e-3, rtol=0)
    assert code.std(0).min() > 0.9
    assert not isinstance(Bottleneck(32, weights="none", width=0.0625, normalization="layer").code_norm, nn.BatchNorm1d)


@pytest.mark.parametrize("size", [32, 64, 128, 256])
def test_a_conditional_vae_decodes_a_code_and_the_picture(size):
    network = ConditionalVAE(size, weights="none", width=0.0625, generator_width=2, latent=5).eval()
    L, ab = torch.rand(2, 1, size, size) * 100, torch.randn(2, 2, size, size) * 20
    code = network.encode(L, ab)
    assert code.mean.shape == code.log_variance.shape == (2, 5)
    assert [m.shape[-1] for m in code.content] == [size // 32, size // 16, size // 8]
    torch.testing.assert_close(network(L), network.generate(torch.zeros(2, 5), network.maps(L)))
    assert not torch.allclose(network(L, torch.ones(2, 5)), network(L))
    assert not torch.allclose(network.encode(L, -ab).mean, code.mean)  # q(z | L, ab) sees the colour
    assert not torch.allclose(network(100 - L), network(L))  # and the decoder sees the picture


def test_content_maps_are_narrowed_before_they_are_enlarged_as_well_as_after():
    network = ConditionalVAE(64, weights="none", width=0.0625, generator_width=2, latent=5).eval()
    z, content = torch.randn(2, 5), network.maps(torch.rand(2, 1, 64, 64) * 100)
    enlarged = [F.interpolate(m, size=(4 * 2**i,) * 2, mode="bilinear") for i, m in enumerate(content)]
    torch.testing.assert_close(network.generate(z, content), network.generate(z, enlarged))


def test_the_unet_answers_at_half_the_size_for_any_shape():
    network = UNetSAGAN(weights="none", width=0.0625, widths=(8, 8, 8, 4)).eval()
    ab = network(torch.rand(1, 1, 64, 96) * 100)
    assert ab.shape == (1, 2, 32, 48) and ab.abs().max() <= 110


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda: Bottleneck(32, weights="none", latent=0), "latent 0: must be 1 or more"),
        (lambda: ConditionalVAE(32, weights="none", content=0), "content 0: 1 to 3"),
        (lambda: Bottleneck(32, encoder="vgg17"), "unknown encoder 'vgg17': choose mobilenet-v2, vgg16"),
        (lambda: UNetSAGAN(weights="none", widths=(1, 2, 3)), "four channel numbers"),
    ],
)
def test_impossible_networks_are_one_line(make, match):
    with pytest.raises(SettingError, match=match):
        make()
