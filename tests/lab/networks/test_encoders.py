from importlib.resources import files

import pytest

torch = pytest.importorskip("torch")
import torch.nn.functional as F
from safetensors.torch import load

from colorizing_things.color.spaces import lightness_to_srgb
from colorizing_things.errors import SettingError
from colorizing_things.lab.networks.encoders import MobileNetV2, lightness_to_gray


def packaged():
    path = files("colorizing_things.lab") / "features" / "mobilenet_v2.safetensors"
    return {key: value.float() for key, value in load(path.read_bytes()).items()}


def test_lightness_to_grey_is_the_products():
    L = torch.linspace(0, 100, 500)
    expected = torch.from_numpy(lightness_to_srgb(L.numpy()))
    torch.testing.assert_close(lightness_to_gray(L), expected.float(), atol=1e-5, rtol=0)


def test_the_grey_stem_does_what_the_rgb_stem_does_on_grey():
    state = packaged()
    L = torch.rand(2, 1, 64, 96) * 100
    encoder = MobileNetV2()
    assert encoder.stem.weight.shape == (32, 1, 3, 3)
    gray = lightness_to_gray(L).repeat(1, 3, 1, 1) * 2 - 1
    rgb = F.conv2d(F.pad(gray, (0, 1, 0, 1)), state["stem.weight"], state["stem.bias"], stride=2)
    ours = encoder.stem(F.pad(lightness_to_gray(L) * 2 - 1, (0, 1, 0, 1)))
    torch.testing.assert_close(ours, rgb, atol=1e-4, rtol=1e-4)


def test_features_come_at_five_scales():
    features = MobileNetV2("none")(torch.rand(1, 1, 64, 96) * 100)
    assert [tuple(f.shape[1:]) for f in features] == [
        (channels, 64 // stride, 96 // stride)
        for channels, stride in zip(MobileNetV2.channels, (2, 4, 8, 16, 32), strict=True)
    ]


def test_unknown_weights_are_one_line():
    with pytest.raises(SettingError, match="imagenet or none"):
        MobileNetV2("guess")
