"""Bleeding, confidence, several colourings."""

from __future__ import annotations

import pytest

pytest.importorskip("torch")

import numpy as np
import torch

from colorizing_things.lab.metrics import FAMILIES
from colorizing_things.lab.metrics.base import Pair, Rows, to_lab
from colorizing_things.lab.metrics.bleeding import bleeding, bleeding_sums, near_edges
from colorizing_things.lab.metrics.confidence import (
    Calibration,
    calibration_curve,
    calibration_error,
    calibration_sums,
)
from colorizing_things.lab.metrics.diversity import (
    errors_of_best,
    mean_pairwise_distance,
    sample_variance,
)


def step(height: int = 256, width: int = 300, edge: int = 150) -> torch.Tensor:
    """Lightness 20 on the left, 80 on the right."""
    return torch.full((height, width), 20.0).index_fill(1, torch.arange(edge, width), 80.0)


def test_edges_are_near_within_three_pixels_of_the_step():
    columns = near_edges(step())[100].nonzero().flatten().tolist()
    assert columns == list(range(146, 154))  # the gradient covers 149 and 150, and three on either side


def test_a_soft_step_is_no_edge_and_the_reach_grows_with_the_picture():
    assert not near_edges(torch.linspace(0, 100, 300).expand(256, 300)).any()
    assert int(near_edges(step(512, 600, 300))[0].sum()) == 2 * 6 + 2


def test_bleeding_is_the_ratio_of_the_errors():
    L = step()
    distance = torch.where(near_edges(L), 12.0, 4.0)
    assert float(bleeding(bleeding_sums(distance, L).numpy())) == pytest.approx(3)
    assert float(bleeding(bleeding_sums(torch.full_like(L, 7.0), L).numpy())) == pytest.approx(1)


def test_blurred_chroma_bleeds_more_than_faded_chroma(tensors):
    truth = to_lab(torch.nn.functional.interpolate(tensors[3][None].float(), (256, 256))[0].to(torch.uint8))
    blurred = torch.nn.functional.avg_pool2d(truth[1:][None], 15, 1, 7, count_include_pad=False)[0]
    faded = truth[1:] * 0.7
    scores = []
    for ab in (blurred, faded):
        distance = torch.linalg.vector_norm(ab - truth[1:], dim=0)
        scores.append(float(bleeding(bleeding_sums(distance, truth[0]).numpy())))
    assert scores[0] > 1.5 * scores[1]


def test_calibration_of_an_honest_and_of_a_boastful_model():
    generator = torch.Generator().manual_seed(1)
    confidence = torch.rand(200, 200, generator=generator)
    right = torch.rand(200, 200, generator=generator) < confidence
    distance = torch.where(right, 3.0, 30.0)
    assert float(calibration_error(calibration_sums(confidence, distance).numpy())) < 0.02
    sure = calibration_sums(torch.ones(200, 200), distance).numpy()
    assert float(calibration_error(sure)) == pytest.approx(1 - float(right.double().mean()), abs=1e-9)


def test_calibration_is_the_direct_formula():
    generator = torch.Generator().manual_seed(2)
    confidence, distance = torch.rand(50, 60, generator=generator), torch.rand(50, 60, generator=generator) * 25
    c, right = confidence.numpy().ravel().astype(float), distance.numpy().ravel() < 10
    expected = 0.0
    for k in range(15):
        inside = (c >= k / 15) & (c < (k + 1) / 15)
        expected += inside.mean() * abs(c[inside].mean() - right[inside].mean())
    sums = calibration_sums(confidence, distance).numpy()
    assert float(calibration_error(sums)) == pytest.approx(expected, abs=1e-9)
    mean, share, pixels = calibration_curve(sums)
    assert len(mean) == len(share) == 15 and pixels.sum() == pytest.approx(1)


def test_an_error_of_ten_is_not_under_ten():
    sums = calibration_sums(torch.ones(1, 2), torch.tensor([[10.0, 9.9]]))
    assert sums[:, -1].tolist() == [2, 2, 1]


def test_calibration_takes_batches(tensors, faded):
    metric = Calibration()
    truth, prediction = tensors[0][None], faded[0][None]
    metric.update(prediction, truth, torch.full((1, *truth.shape[2:]), 0.5))
    assert 0 <= metric.compute()["calibration_error"] <= 1


def test_error_of_best_never_rises_and_finds_the_truth(tensors, faded):
    gray = tensors[0][:1].expand(3, -1, -1)
    errors = errors_of_best([gray, faded[0], gray, tensors[0]], tensors[0])
    assert (errors.diff() <= 0).all() and errors[0] > errors[1] == errors[2]
    assert float(errors[3]) == 0


def test_variance_is_numpys_and_nothing_for_the_same_colouring(tensors, faded):
    assert float(sample_variance([faded[0]] * 3)) == 0
    samples = [tensors[0], faded[0], tensors[0].flip(0)]
    ab = np.stack([to_lab(sample)[1:].numpy() for sample in samples])
    assert float(sample_variance(samples)) == pytest.approx(ab.astype(float).var(0).mean(), rel=1e-5)


def test_only_the_numbers_of_colourings_that_were_drawn_are_recorded(tensors, faded):
    family = FAMILIES["diversity"]
    assert family.measure(Pair(faded[0], tensors[0])) == {}
    record = family.measure(Pair(faded[0], tensors[0], samples=[faded[0]] * 8))
    assert {name for name in record if name.startswith("best_of")} == {"best_of_1", "best_of_6", "best_of_8"}


def test_variants_are_as_far_apart_as_their_colours(tensors):
    gray, photo = tensors[1][:1].expand(3, -1, -1), tensors[1]
    labs = [to_lab(rgb) for rgb in (gray, photo, photo)]
    apart = float(torch.linalg.vector_norm(labs[1][1:] - labs[0][1:], dim=0).mean())
    assert float(mean_pairwise_distance(labs)) == pytest.approx(2 / 3 * apart, rel=1e-5)  # two pairs of three differ
    assert float(mean_pairwise_distance(labs[1:])) == 0


def test_what_several_colourings_are_worth(tensors):
    photo = tensors[1]
    gray = photo[:1].expand(3, -1, -1)
    family = FAMILIES["diversity"]
    record = {k: v[None] for k, v in family.measure(Pair(photo, photo, samples=[gray, photo, photo.flip(0)])).items()}
    figures = {figure.key: figure for figure in family.figures}

    def value(key: str) -> float:
        terms = figures[key].table_of_terms(Rows(record, record, record))
        return float(figures[key].combine(terms.mean(0)))

    assert value("best_beside_mean") == -100 and value("pairwise_ratio") > 0.5  # one of them is the truth
    assert record["samples_stains"][0, :2].tolist() == [0, 0]  # neither grey nor the truth has any
    assert value("samples_stains") == record["samples_stains"][0, 2] > 10
