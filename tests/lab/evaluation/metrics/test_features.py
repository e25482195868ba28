"""The network, the distances between its features, semantic agreement, and what may be missing."""

from __future__ import annotations

import pytest

pytest.importorskip("torch")

import numpy as np
import torch
from torchmetrics.image.fid import _compute_fid
from torchmetrics.image.kid import poly_mmd

from colorizing_things.lab.metrics import pretrained
from colorizing_things.lab.metrics.distances import (
    FeatureDistances,
    frechet_distance,
    half_subsets,
    kernel_distance,
)
from colorizing_things.lab.metrics.features import feature_network, features_of, probabilities
from colorizing_things.lab.metrics.semantics import SemanticAgreement, agreement_terms, gain_terms
from colorizing_things.lab.networks.encoders import MobileNetV2

CATS, CUPS = range(282, 288), (505, 968, 969)  # of the 1001 classes, 0 being the background


def clouds(count: int, dimension: int, shift: float = 0.3) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(5)
    base = rng.normal(size=(count, dimension))
    return base + shift * rng.normal(size=(count, dimension)) + shift, base


def test_the_classifier_knows_a_cat_and_a_cup(photos, tensors):
    top = probabilities(torch.stack([features_of(tensors[2]), features_of(tensors[1])]).numpy()).argmax(-1)
    assert top[0] in CATS
    assert top[1] in CUPS


def test_on_grey_pictures_it_is_the_encoder_of_the_lab(tensors):
    gray = torch.nn.functional.interpolate(tensors[2][:1][None].float(), (224, 224), mode="area")
    network = feature_network()
    x = gray.expand(1, 3, -1, -1) / 127.5 - 1
    with torch.no_grad():
        stem = network.stem(torch.nn.functional.pad(x, (0, 1, 0, 1)))
        encoder = MobileNetV2()
        expected = encoder.stem(torch.nn.functional.pad(x[:, :1], (0, 1, 0, 1)))
    torch.testing.assert_close(stem, expected, atol=1e-4, rtol=1e-4)
    theirs, ours = encoder.state_dict(), network.state_dict()
    assert all(torch.equal(theirs[key], ours[key]) for key in theirs if key != "stem.weight")


def test_larger_pictures_are_averaged(tensors):
    small = torch.nn.functional.interpolate(tensors[0][None].float(), (224, 224))[0].clamp(16, 239)
    pattern = torch.tensor([[16.0, 0, 0], [0, -16, 0], [0, 0, 0]]).repeat(224, 224)
    large = small.repeat_interleave(3, -1).repeat_interleave(3, -2) + pattern
    found, expected = features_of(large.to(torch.uint8)), features_of(small.to(torch.uint8))
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=1e-4)


def test_frechet_distance_is_torchmetrics():
    first, second = clouds(300, 12)
    pairs = [(torch.from_numpy(x).mean(0), torch.from_numpy(np.cov(x, rowvar=False))) for x in (first, second)]
    expected = float(_compute_fid(pairs[0][0], pairs[0][1], pairs[1][0], pairs[1][1]))
    assert frechet_distance(first, second) == pytest.approx(expected, rel=1e-6)


def test_frechet_distance_with_fewer_pictures_than_features():
    first, second = clouds(20, 50)
    s1, s2 = np.cov(first, rowvar=False), np.cov(second, rowvar=False)
    root = np.sqrt(np.linalg.eigvals(s1 @ s2).real.clip(0)).sum()
    expected = np.square(first.mean(0) - second.mean(0)).sum() + np.trace(s1) + np.trace(s2) - 2 * root
    assert frechet_distance(first, second) == pytest.approx(expected, abs=1e-4)
    assert frechet_distance(first, first) == pytest.approx(0, abs=1e-8)


def test_kernel_distance_is_torchmetrics_but_for_the_pairs():
    first, second = clouds(40, 16)
    kernels = [
        torch.from_numpy((x @ y.T / 16 + 1) ** 3) for x, y in ((first, first), (first, second), (second, second))
    ]
    usual = 1000 * float(poly_mmd_of(*kernels))
    cross = kernels[1]
    count = len(first)
    without_pairs = (cross.sum() - cross.trace()) / (count * (count - 1))
    expected = usual + 2000 * float(cross.mean() - without_pairs)
    assert kernel_distance(first, second)[0] == pytest.approx(expected, rel=1e-5)


def poly_mmd_of(k_xx: torch.Tensor, k_xy: torch.Tensor, k_yy: torch.Tensor) -> torch.Tensor:
    from torchmetrics.image.kid import maximum_mean_discrepancy

    return maximum_mean_discrepancy(k_xx, k_xy, k_yy)


def test_torchmetrics_kernel_is_ours():
    first, second = (torch.from_numpy(x) for x in clouds(10, 8))
    cubic = (first @ second.T / 8 + 1) ** 3
    expected = poly_mmd_of((first @ first.T / 8 + 1) ** 3, cubic, (second @ second.T / 8 + 1) ** 3)
    assert float(poly_mmd(first, second, degree=3, gamma=None, coef=1.0)) == pytest.approx(float(expected))


def test_kernel_distance_of_a_set_and_itself_is_nothing_and_does_not_depend_on_its_size():
    first, second = clouds(600, 16, shift=0.5)
    assert kernel_distance(first, first)[0] == pytest.approx(0, abs=1e-6)
    whole = kernel_distance(first, second)[0]
    halves = kernel_distance(first, second, half_subsets(600, 0, 60))[1]
    assert halves.mean() == pytest.approx(whole, rel=0.05)  # unbiased at both sizes
    assert halves.std() > 0


def test_subsets_are_the_subsets():
    first, second = clouds(30, 8)
    members = half_subsets(30, seed=4, number=3)
    assert members.sum(0).tolist() == [15, 15, 15]
    values = kernel_distance(first, second, members)[1]
    for value, subset in zip(values, members.T, strict=True):
        chosen = subset > 0
        assert value == pytest.approx(kernel_distance(first[chosen], second[chosen])[0], rel=1e-5)


def test_blocks_change_nothing(monkeypatch):
    first, second = clouds(50, 8)
    whole = kernel_distance(first, second)[0]
    monkeypatch.setattr("colorizing_things.lab.metrics.distances.BLOCK", 7)
    assert kernel_distance(first, second)[0] == pytest.approx(whole, rel=1e-6)


def test_the_distances_as_a_torchmetrics_metric(tensors, faded):
    metric = FeatureDistances()
    for prediction, truth in zip(faded, tensors, strict=True):
        metric.update(prediction[None], truth[None])
    own, real = (torch.stack([features_of(t) for t in pictures]).numpy() for pictures in (faded, tensors))
    assert metric.compute()["frechet_distance"] == pytest.approx(frechet_distance(own, real), rel=1e-6)
    assert metric.compute()["kernel_distance"] == pytest.approx(kernel_distance(own, real)[0], rel=1e-6)


def test_only_recognised_pictures_count():
    real = np.array([[0.6, 0.4, 0.0], [0.3, 0.4, 0.3], [0.0, 0.1, 0.9]])
    ours = np.array([[0.9, 0.1, 0.0], [0.0, 0.9, 0.1], [0.5, 0.2, 0.3]])
    gray = np.array([[0.1, 0.9, 0.0], [0.0, 0.0, 1.0], [0.1, 0.2, 0.7]])
    assert agreement_terms(ours, real).tolist() == [[100, 1], [0, 0], [0, 1]]
    np.testing.assert_allclose(gain_terms(ours, real, gray), [[80, 1], [0, 0], [-40, 1]], atol=1e-9)


def test_photographs_agree_with_themselves(tensors):
    metric = SemanticAgreement()
    for photo in tensors:
        metric.update(photo[None], photo[None])
    assert metric.total[1] >= 1
    assert metric.compute() == 100


def test_what_is_not_there_is_named():
    for reason in (pretrained.missing("torch", "no-such-weights.pth"), pretrained.missing_inception()):
        assert reason is None or "is not in torch's hub folder" in reason or "cannot be imported" in reason


def test_a_package_that_is_not_there_is_named(tmp_path, monkeypatch):
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints" / "w.pth").touch()
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    assert "no_such_package cannot be imported" in str(pretrained.missing("no_such_package", "w.pth"))
    assert pretrained.missing("json", "w.pth") is None


def test_published_networks_are_used_where_they_are(tensors, faded, monkeypatch):
    monkeypatch.setattr(pretrained, "_inception", lambda: lambda rgb: rgb.float().mean((-2, -1)).repeat(1, 4))
    monkeypatch.setattr(pretrained, "_lpips", lambda: lambda x, y: (x - y).abs().mean())
    from colorizing_things.lab.metrics.base import Pair

    pair = Pair(faded[0], tensors[0])
    assert pretrained.INCEPTION.measure(pair)["inception"].shape == (12,)
    assert float(pretrained.LPIPS.measure(pair)["lpips"]) > 0
