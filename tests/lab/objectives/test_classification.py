import numpy as np
import pytest

torch = pytest.importorskip("torch")
from colorizing_things.color.spaces import srgb_to_lab
from colorizing_things.lab.color.ab_bins import ab_bins
from colorizing_things.lab.objectives.classification import (
    SoftEncoder,
    SoftTarget,
    annealed_mean,
    nearest_bin,
    rebalanced_cross_entropy,
    rebalancing_weights,
    smooth_prior,
)


@pytest.fixture(scope="module")
def colors():
    rgb = np.random.default_rng(0).random((5000, 3))
    return torch.from_numpy(srgb_to_lab(rgb)[:, 1:].astype(np.float32))


def test_soft_targets_are_distributions_over_the_nearest(colors):
    target = SoftEncoder()(colors)
    torch.testing.assert_close(target.weight.sum(-1), torch.ones(len(colors)))
    assert target.indices.shape == (5000, 5)
    exact = torch.cdist(colors, torch.from_numpy(ab_bins()))
    assert (target.indices[:, 0] == exact.argmin(1)).float().mean() > 0.999
    fifth = exact.topk(5, largest=False).values[:, 4]
    ours = exact.gather(1, target.indices).max(1).values
    assert (ours - fifth).max() < 1.5


def test_decoding_an_encoding_gives_the_colour_back(colors):
    target = SoftEncoder()(colors)
    decoded = (torch.from_numpy(ab_bins())[target.indices] * target.weight[..., None]).sum(1)
    error = (decoded - colors).norm(dim=1)
    assert error.mean() < 0.3 and error.quantile(0.99) < 0.9


def test_a_colour_on_a_bin_is_that_bin():
    bins = ab_bins()
    np.testing.assert_array_equal(nearest_bin(bins), np.arange(313))


def test_rebalancing_weights_follow_equation_4():
    prior = np.random.default_rng(0).random(313) ** 4
    prior /= prior.sum()
    np.testing.assert_allclose(rebalancing_weights(prior, uniform=1), 1)
    for uniform in (0.0, 0.5):
        weight = rebalancing_weights(prior, uniform)
        assert (prior * weight).sum() == pytest.approx(1)
        assert (np.diff(weight[np.argsort(prior)]) <= 1e-9).all()
    assert np.isfinite(rebalancing_weights(np.eye(313)[0], 0.5)).all()
    weight = rebalancing_weights(prior, 0.5)
    assert weight.max() / weight.min() <= prior.max() * 313 + 1


def test_smoothing_keeps_the_sum_and_fills_the_gaps():
    smoothed = smooth_prior(np.eye(313)[150])
    assert smoothed.sum() == pytest.approx(1) and smoothed.min() >= 0 and smoothed.argmax() == 150
    assert (smoothed > 1e-3).sum() > 4


def test_cross_entropy_is_that_of_torch_when_nothing_is_rebalanced():
    logits = torch.randn(40, 313)
    classes = torch.randint(0, 313, (40,))
    target = SoftTarget(classes[:, None], torch.ones(40, 1))
    ours = rebalanced_cross_entropy(logits, target, torch.ones(313))
    torch.testing.assert_close(ours, torch.nn.functional.cross_entropy(logits, classes))
    doubled = rebalanced_cross_entropy(logits, target, torch.full((313,), 2.0))
    torch.testing.assert_close(doubled, 2 * ours)


def test_the_annealed_mean_goes_from_mean_to_mode():
    bins = torch.from_numpy(ab_bins())
    torch.manual_seed(0)
    logits = torch.randn(2, 313, 3, 3) * 3
    mean = torch.einsum("nqhw,qc->nchw", logits.softmax(1), bins)
    torch.testing.assert_close(annealed_mean(logits, bins, 1.0), mean)
    mode = bins[logits.argmax(1)].permute(0, 3, 1, 2)
    torch.testing.assert_close(annealed_mean(logits, bins, 0.005), mode, atol=0.5, rtol=0)
    chroma = [annealed_mean(logits, bins, t).norm(dim=1).mean() for t in (0.2, 0.38, 0.7, 1.0)]
    assert chroma == sorted(chroma, reverse=True)
    half = logits.half().requires_grad_()
    annealed_mean(half, bins, 0.38).sum().backward()
    assert half.grad.isfinite().all()
