"""Grey VGG and ResNet against the RGB networks that they are made of, on random weights (METHODS 6 and 11.11)."""

import pytest

torch = pytest.importorskip("torch")
from torch import nn

from colorizing_things.errors import SettingError
from colorizing_things.lab.networks.encoders import ENCODERS, build_encoder, load_weights
from colorizing_things.lab.networks.gray import DEVIATION, MEAN, fold_rgb, lightness_to_gray, normalized_gray
from colorizing_things.lab.networks.resnet import ResNet
from colorizing_things.lab.networks.vgg import VGG, fold_batch_norm

CONVOLUTIONS = {"vgg16": [0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28],
                "vgg19": [0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28, 30, 32, 34]}  # fmt: skip
NORMED = [0, 3, 7, 10, 14, 17, 20, 24, 27, 30, 34, 37, 40]  # of vgg16_bn


def rgb_network(kind, **settings):
    """The same network with three input channels: an independent forward over torchvision's own modules."""
    network = kind(**settings)
    if kind is ResNet:
        network.conv1 = nn.Conv2d(3, network.conv1.out_channels, 7, 2, padding=3, bias=False)
        for module in network.modules():
            if isinstance(module, nn.BatchNorm2d):
                nn.init.uniform_(module.weight, 0.5, 1.5), nn.init.normal_(module.bias, 0, 0.2)
                module.running_mean.normal_(0, 0.1), module.running_var.uniform_(0.5, 2)
    else:
        network.features[0] = nn.Conv2d(3, network.features[0].out_channels, 3, padding=1)
    return network.eval()


def stack(network, x):
    """Everything behind the normalized input."""
    if isinstance(network, VGG):
        return network.features(x)
    x = nn.functional.max_pool2d(torch.relu(network.bn1(network.conv1(x))), 3, 2, padding=1)
    return network.layer4(network.layer3(network.layer2(network.layer1(x))))


def first(network, x):
    return network.features[0](x) if isinstance(network, VGG) else network.bn1(network.conv1(x))


def folded(rgb, kind, fold, tmp_path, **settings):
    gray, path = kind(**settings), tmp_path / "rgb.pth"
    extra = {f"{kind.ignored}0.weight": torch.zeros(3, 3)}  # the classifier of a published file
    torch.save({**rgb.state_dict(), **extra}, path)
    load_weights(gray, path, fold)
    return gray.eval()


@pytest.mark.parametrize("name", ["vgg16", "vgg19"])
def test_keys_are_torchvisions(name):
    state = ENCODERS[name](width=0.0625).state_dict()
    assert sorted(state) == sorted(f"features.{n}.{part}" for n in CONVOLUTIONS[name] for part in ("weight", "bias"))
    convolutions = [n for n, layer in enumerate(VGG(16, 0.1, batch_norm=True).features) if isinstance(layer, nn.Conv2d)]
    assert convolutions == NORMED


def test_sizes_are_torchvisions():
    count = {name: sum(p.numel() for p in ENCODERS[name]().parameters()) for name in ("vgg16", "vgg19", "resnet152")}
    # published, less the classifier and the two input channels that are folded away
    assert count == {
        "vgg16": 14_714_688 - 2 * 64 * 9, "vgg19": 20_024_384 - 2 * 64 * 9, "resnet152": 58_143_808 - 2 * 64 * 49,
    }  # fmt: skip


def test_resnet_keys_are_torchvisions():
    state = ResNet(0.0625).state_dict()
    assert sum(key.endswith(".weight") for key in state) == 155 + 155  # 151 convolutions and 4 shortcuts, and norms
    for key in ("conv1.weight", "bn1.running_mean", "layer1.0.conv1.weight", "layer1.0.downsample.0.weight",
                "layer1.0.downsample.1.running_var", "layer2.7.bn3.bias", "layer3.35.conv3.weight",
                "layer4.2.bn2.num_batches_tracked"):  # fmt: skip
        assert key in state
    assert "layer1.1.downsample.0.weight" not in state and "layer3.36.conv1.weight" not in state


@pytest.mark.parametrize("size", [224, 225])
@pytest.mark.parametrize("kind", [VGG, ResNet])
def test_the_shared_fold_is_exact_through_the_whole_stack(kind, size, tmp_path):
    rgb = rgb_network(kind, width=0.0625)
    gray = folded(rgb, kind, "shared", tmp_path, width=0.0625)
    x = normalized_gray(torch.rand(1, 1, size, size) * 100)
    with torch.no_grad():
        ours, theirs = stack(gray, x), stack(rgb, x.repeat(1, 3, 1, 1))
    assert theirs.abs().max() > 0.01
    assert (ours - theirs).abs().max() < 1e-4 * theirs.abs().max()


@pytest.mark.parametrize("size", [224, 225])
@pytest.mark.parametrize(("kind", "border"), [(VGG, 1), (ResNet, 2)])
def test_the_imagenet_fold_is_exact_inside_after_the_first_layer(kind, border, size, tmp_path):
    rgb = rgb_network(kind, width=0.0625)
    gray = folded(rgb, kind, "imagenet", tmp_path, width=0.0625)
    g = lightness_to_gray(torch.rand(1, 1, size, size) * 100).repeat(1, 3, 1, 1)
    mean, deviation = (torch.tensor(v)[None, :, None, None] for v in (MEAN, DEVIATION))
    with torch.no_grad():
        ours, theirs = first(gray, (g[:, :1] - 0.449) / 0.226), first(rgb, (g - mean) / deviation)
    inside = (..., slice(border, -border), slice(border, -border))
    torch.testing.assert_close(ours[inside], theirs[inside], atol=1e-4, rtol=1e-4)
    assert (ours - theirs).abs().max() > 1e-3  # at the border padding means another colour: see fold_rgb


def test_folding_sums_the_kernels_and_nothing_else_will_do():
    weight = torch.randn(5, 3, 3, 3)
    gray, constant = fold_rgb(weight, "shared")
    torch.testing.assert_close(gray, weight.sum(1, keepdim=True))
    assert gray.shape == (5, 1, 3, 3) and constant.abs().max() == 0
    with pytest.raises(SettingError, match="choose imagenet, shared"):
        fold_rgb(weight, "mean")


@pytest.mark.parametrize("name", list(ENCODERS))
def test_features_come_at_five_scales(name):
    width = 1.0 if name == "mobilenet-v2" else 0.0625
    encoder = build_encoder(name, "none", width).eval()
    features = encoder(torch.rand(1, 1, 64, 96) * 100)
    assert [tuple(f.shape[1:]) for f in features] == [
        (channels, 64 // stride, 96 // stride)
        for channels, stride in zip(encoder.channels, (2, 4, 8, 16, 32), strict=True)
    ]


def test_folding_batch_norm_gives_the_plain_network():
    torch.manual_seed(0)
    network = VGG(16, 0.0625, batch_norm=True)
    for _ in range(5):
        network(torch.rand(4, 1, 32, 32) * 100)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.weight, 0.5, 1.5), nn.init.normal_(module.bias, 0, 0.2)
    L = torch.rand(2, 1, 64, 64) * 100
    plain = fold_batch_norm(network)
    assert network.training
    network.eval()
    with torch.no_grad():
        for ours, theirs in zip(plain(L), network(L), strict=True):
            torch.testing.assert_close(ours, theirs, atol=1e-4, rtol=1e-3)
    assert set(plain.state_dict()) == set(VGG(16, 0.0625).state_dict())
