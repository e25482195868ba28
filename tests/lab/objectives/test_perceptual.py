import pytest

torch = pytest.importorskip("torch")
from skimage import data

from colorizing_things.lab.networks.squeezenet import squeezenet
from colorizing_things.lab.objectives.perceptual import join, perceptual_distance


def photograph():
    return torch.from_numpy(data.astronaut()[::4, ::4].copy()).permute(2, 0, 1)[None].float() / 255


def test_the_features_have_the_published_shapes():
    shapes = [tuple(x.shape[1:]) for x in squeezenet()(torch.rand(1, 3, 128, 128))]
    assert shapes == [(128, 31, 31), (256, 15, 15), (384, 7, 7), (512, 7, 7)]


def test_a_picture_is_at_no_distance_from_itself_and_further_from_worse_ones():
    real = photograph()
    assert float(perceptual_distance(squeezenet(), real, real)) == pytest.approx(0, abs=1e-6)
    gray = real.mean(1, keepdim=True).expand(-1, 3, -1, -1)
    half = (real + gray) / 2
    wrong = real.flip(1)
    near, far, wild = (float(perceptual_distance(squeezenet(), x, real)) for x in (half, gray, wrong))
    assert 0 < near < far and near < wild


def test_gradients_reach_our_picture_and_not_the_network():
    ours = photograph().clone().requires_grad_()
    perceptual_distance(squeezenet(), ours, photograph().flip(1)).backward()
    assert ours.grad.abs().sum() > 0
    assert all(p.grad is None for p in squeezenet().parameters())


def test_joining_shrinks_the_lightness_and_keeps_a_grey_picture_grey():
    rgb = join(torch.full((1, 1, 32, 48), 50.0), torch.zeros(1, 2, 8, 12))
    assert rgb.shape == (1, 3, 16, 24)
    torch.testing.assert_close(rgb, torch.full_like(rgb, 0.4663), atol=2e-3, rtol=0)
