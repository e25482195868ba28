from __future__ import annotations

import hashlib
from importlib.resources import files

import pytest

pytest.importorskip("torch")

import numpy as np
import torch

from colorizing_things.lab.color.ab_bins import ab_bins
from colorizing_things.lab.metrics.auc import (
    Auc,
    auc,
    curve,
    error_histogram,
    rarity,
    rarity_table,
)
from colorizing_things.lab.metrics.base import ab_distance, to_lab
from colorizing_things.lab.metrics.protocol import PROTOCOL, training_prior
from colorizing_things.lab.objectives.classification import nearest_bin, rebalancing_weights, smooth_prior


def auc_of(distance: torch.Tensor, weight: torch.Tensor | None = None) -> float:
    return float(auc(error_histogram(distance, weight).numpy()))


def test_a_perfect_prediction_has_one_and_a_hopeless_one_nothing():
    assert auc_of(torch.zeros(4, 5)) == 1
    assert auc_of(torch.full((4, 5), 151.0)) == 0


def test_grey_on_constant_chroma_75():
    assert auc_of(torch.full((4, 5), 75.0)) == pytest.approx((151 - 75) / 151)


def test_it_is_the_mean_over_thresholds_of_the_share_within():
    distance = torch.rand(40, 50, generator=torch.Generator().manual_seed(0)) * 180
    shares = [float((distance <= t).double().mean()) for t in range(151)]
    assert auc_of(distance) == pytest.approx(np.mean(shares), abs=1e-12)
    np.testing.assert_allclose(curve(error_histogram(distance).numpy()), shares, atol=1e-12)


def test_it_follows_from_the_mean_error(tensors, faded):
    distance = ab_distance(to_lab(faded[0]), to_lab(tensors[0]))
    assert auc_of(distance) == pytest.approx(1 - float(distance.clamp_max(150).mean()) / 150, abs=0.01)


def test_weights_count(tensors):
    distance = torch.tensor([[0.0, 200.0]])
    assert auc_of(distance, torch.tensor([[3.0, 1.0]])) == pytest.approx(0.75)
    same = torch.rand(9, 9) * 100
    assert auc_of(same, torch.ones(9, 9)) == pytest.approx(auc_of(same))


def test_rarity_is_the_weight_of_the_nearest_bin(tensors):
    for photo in tensors:
        lab = to_lab(photo)
        weights = rebalancing_weights(smooth_prior(training_prior()), uniform=0)
        expected = weights[nearest_bin(lab[1:].permute(1, 2, 0).numpy())]
        found = rarity(lab).numpy()
        # Colours on the border of two cells may go either way.
        assert (found == expected).mean() > 0.9999


def test_every_srgb_colour_has_a_rarity():
    levels = torch.arange(0, 256, 5, dtype=torch.uint8)
    cube = torch.stack(torch.meshgrid(levels, levels, levels, indexing="ij")).reshape(3, -1, 52)
    assert torch.isfinite(rarity(to_lab(cube))).all()
    assert int(torch.isfinite(rarity_table()).sum()) == len(ab_bins()) == 313


def test_common_colours_weigh_least():
    table = rarity_table().nan_to_num(torch.inf)
    a, b = divmod(int(table.argmin()), 23)
    assert abs(a - 11) <= 1 and abs(b - 11) <= 1  # grey and its neighbours


def test_the_shipped_prior_is_the_one_that_the_protocol_names():
    data = (files("colorizing_things.lab.metrics") / "prior_313.json").read_bytes()
    assert hashlib.sha256(data).hexdigest() == PROTOCOL.prior_sha256
    prior = training_prior()
    assert prior.shape == (313,) and prior.min() >= 0
    assert prior.sum() == pytest.approx(1, abs=1e-4)
    assert (prior == 0).sum() >= 52  # bins that no sRGB colour is nearest to


def test_a_set_is_pooled_over_pixels(tensors):
    metric = Auc()
    photo = tensors[0]
    metric.update(photo[None], photo[None])
    small = torch.zeros(3, 16, 16, dtype=torch.uint8)
    red = small.clone()
    red[0] = 255
    metric.update(small[None], red[None])
    # The photograph is perfect, the small picture off by red's chroma of 104.55.
    pixels, wrong = photo[0].numel(), 16 * 16
    assert metric.compute()["auc"] == pytest.approx(100 * (pixels + wrong * (151 - 105) / 151) / (pixels + wrong))
