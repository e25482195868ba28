"""ab error, CIEDE2000, lightness, colourfulness."""

from __future__ import annotations

import pytest

pytest.importorskip("torch")

import numpy as np
import torch
from skimage.color import rgb2lab

from colorizing_things.lab.metrics.ab_error import AbError, mean_ab_error, median_ab_error
from colorizing_things.lab.metrics.base import ab_distance, to_lab
from colorizing_things.lab.metrics.ciede import ciede2000
from colorizing_things.lab.metrics.colorfulness import Colorfulness, colorfulness
from colorizing_things.lab.metrics.luminance import lightness_change

# Lab pairs and their differences: Sharma, Wu and Dalal 2005, table 1 (pairs 1, 5, 7, 13, 17, 20, 25, 34).
SHARMA = (
    ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
    ((50, -1.1848, -84.8006), (50, 0, -82.7485), 1.0),
    ((50, 0, 0), (50, -1, 2), 2.3669),
    ((50, -0.001, 2.49), (50, 0.0011, -2.49), 4.7461),
    ((50, 2.5, 0), (73, 25, -18), 27.1492),
    ((50, 2.5, 0), (58, 24, 15), 19.4535),
    ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
    ((2.0776, 0.0795, -1.135), (0.9033, -0.0636, -0.5514), 0.9082),
)


def lab_pixels(*colors: tuple[float, float, float]) -> torch.Tensor:
    return torch.tensor(colors, dtype=torch.float32).T.reshape(3, 1, -1)


def checkerboard(first: tuple[int, int, int], second: tuple[int, int, int]) -> torch.Tensor:
    choice = (torch.arange(8)[:, None] + torch.arange(8)) % 2
    return torch.where(choice.bool(), torch.tensor(first)[:, None, None], torch.tensor(second)[:, None, None]).to(
        torch.uint8
    )


def test_lab_is_scikit_images(tensors):
    expected = rgb2lab(tensors[2].permute(1, 2, 0).numpy())
    np.testing.assert_allclose(to_lab(tensors[2]).permute(1, 2, 0).numpy(), expected, atol=2e-3)


def test_ab_distance_leaves_lightness_out():
    first, second = lab_pixels((10, 3, 4), (50, 0, 0)), lab_pixels((90, 0, 0), (50, -6, 8))
    np.testing.assert_allclose(ab_distance(first, second).flatten(), [5, 10], atol=1e-5)


def test_mean_and_median_ab_error():
    distance = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 90.0]])
    assert float(mean_ab_error(distance)) == pytest.approx(17.5)
    assert float(median_ab_error(distance)) == 3  # the lower of the middle two
    assert median_ab_error(distance.expand(4, 2, 3)).shape == (4,)


def test_ab_error_of_grey_is_the_mean_chroma(tensors):
    metric = AbError()
    photo = tensors[1]
    gray = photo.float().mean(0).round().to(torch.uint8).expand(3, -1, -1)
    metric.update(gray[None], photo[None])
    lab = rgb2lab(photo.permute(1, 2, 0).numpy())
    assert metric.compute()["ab_error"] == pytest.approx(np.hypot(lab[..., 1], lab[..., 2]).mean(), abs=0.02)


@pytest.mark.parametrize(("first", "second", "expected"), SHARMA)
def test_ciede2000_is_that_of_the_published_pairs(first, second, expected):
    assert float(ciede2000(lab_pixels(first), lab_pixels(second))) == pytest.approx(expected, abs=2e-4)


def test_lightness_change():
    first, second = lab_pixels((10, 50, 0), (30, 0, 9)), lab_pixels((12, 0, 0), (29, 0, 0))
    assert float(lightness_change(first, second)) == pytest.approx(1.5)


def test_colourfulness_of_grey_is_nothing(tensors):
    gray = tensors[0][:1].expand(3, -1, -1)
    assert float(colorfulness(gray)) == float(colorfulness(gray, absolute=True)) == 0


def test_colourfulness_of_one_colour_is_its_mean_alone():
    orange = torch.tensor([200, 100, 50], dtype=torch.uint8)[:, None, None].expand(3, 5, 6)
    expected = 0.3 * np.hypot(100, 100)  # rg = 100, yb = 150 - 50
    for absolute in (False, True):
        assert float(colorfulness(orange, absolute)) == pytest.approx(expected, rel=1e-6)


def test_signs_cancel_in_the_mean_and_not_in_the_spread():
    board = checkerboard((255, 0, 0), (0, 255, 255))  # rg +-255, yb +-127.5
    assert float(colorfulness(board)) == pytest.approx(np.hypot(255, 127.5), rel=1e-6)
    assert float(colorfulness(board, absolute=True)) == pytest.approx(0.3 * np.hypot(255, 127.5), rel=1e-6)


def test_colourfulness_is_the_formula(tensors):
    red, green, blue = tensors[2].numpy().astype(float)
    rg, yb = red - green, (red + green) / 2 - blue
    expected = np.hypot(rg.std(), yb.std()) + 0.3 * np.hypot(rg.mean(), yb.mean())
    assert float(colorfulness(tensors[2])) == pytest.approx(expected, rel=1e-5)


def test_too_bold_and_too_pale_cancel_in_the_difference_of_means_only(tensors):
    photo = tensors[0]
    gray = photo[:1].expand(3, -1, -1)
    metric = Colorfulness()
    metric.update(torch.stack([photo, gray]), torch.stack([gray, photo]))
    figures = metric.compute()
    assert figures["delta_cf_of_means"] == pytest.approx(0, abs=1e-6)
    assert figures["delta_cf"] == pytest.approx(float(colorfulness(photo, absolute=True)), rel=1e-6)
    assert figures["near_grey"] == 50
