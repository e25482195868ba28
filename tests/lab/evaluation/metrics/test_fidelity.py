from __future__ import annotations

import pytest

pytest.importorskip("torch")

import numpy as np
import torch
from skimage.metrics import peak_signal_noise_ratio
from torchmetrics.functional.image import structural_similarity_index_measure

from colorizing_things.lab.metrics.fidelity import Fidelity, psnr, ssim


def test_psnr_is_scikit_images(tensors, faded):
    for truth, prediction in zip(tensors, faded, strict=True):
        expected = peak_signal_noise_ratio(truth.numpy(), prediction.numpy(), data_range=255)
        assert float(psnr(prediction, truth)) == pytest.approx(expected, abs=1e-3)


def test_psnr_of_one_level_off_and_of_identical_pictures():
    black = torch.zeros(3, 40, 50, dtype=torch.uint8)
    assert float(psnr(black + 1, black)) == pytest.approx(20 * np.log10(255), abs=1e-4)
    assert float(psnr(black, black)) == 100


def test_ssim_is_torchmetrics(tensors, faded):
    for truth, prediction in zip(tensors, faded, strict=True):
        expected = structural_similarity_index_measure(
            prediction[None].float() / 255, truth[None].float() / 255, data_range=1.0
        )
        assert float(ssim(prediction, truth)) == pytest.approx(float(expected), abs=1e-4)


def test_ssim_of_identical_and_of_inverted_pictures(tensors):
    assert float(ssim(tensors[0], tensors[0])) == pytest.approx(1, abs=1e-6)
    assert float(ssim(255 - tensors[0], tensors[0])) < 0.3


def test_batches_give_the_pictures_own_values(tensors, faded):
    truth = torch.stack([tensors[0], tensors[0]])
    prediction = torch.stack([faded[0], tensors[0]])
    for metric in (psnr, ssim):
        both = metric(prediction, truth)
        assert both.shape == (2,)
        assert float(both[0]) == pytest.approx(float(metric(faded[0], tensors[0])), abs=1e-5)


def test_the_mean_is_over_pictures_not_over_a_pooled_error(tensors, faded):
    metric = Fidelity()
    for truth, prediction in zip(tensors, faded, strict=True):
        metric.update(prediction[None], truth[None])
    values = [float(psnr(p, t)) for p, t in zip(faded, tensors, strict=True)]
    assert metric.compute()["psnr"] == pytest.approx(np.mean(values), abs=1e-5)
