import numpy as np
import pytest

torch = pytest.importorskip("torch")
from skimage import data

from colorizing_things.color.spaces import srgb_to_lightness
from colorizing_things.lab.data import degradation


@pytest.fixture(scope="module")
def pictures():
    L = srgb_to_lightness(data.camera()[::4, ::4] / 255).astype(np.float32)
    return torch.from_numpy(L)[None, None].repeat(200, 1, 1, 1)


def test_about_the_asked_share_is_aged_and_stays_lightness(pictures):
    degraded = degradation.degrade(pictures, 0.3, np.random.default_rng(0))
    changed = (degraded != pictures).flatten(1).any(1)
    assert 0.2 < changed.double().mean() < 0.4
    assert degraded.min() >= 0 and degraded.max() <= 100 and degraded.isfinite().all()


def test_an_old_picture_still_shows_the_same_thing(pictures):
    degraded = degradation.degrade(pictures[:60], 1.0, np.random.default_rng(1)).flatten(1)
    likeness = np.corrcoef(np.concatenate([pictures[:1].flatten(1), degraded]))[0, 1:]
    assert likeness.min() > 0.6 and np.median(likeness) > 0.9


def test_the_same_seed_ages_alike(pictures):
    first, again = (degradation.degrade(pictures[:20], 1.0, np.random.default_rng(2)) for _ in range(2))
    assert torch.equal(first, again)


def test_scratches_are_thin_and_halftone_keeps_the_mean(pictures):
    rng = np.random.default_rng(3)
    scratched = degradation._scratched(pictures[:1], rng)
    assert 0 < (scratched != pictures[:1]).double().mean() < 0.06
    screen = degradation._halftone(torch.full((1, 1, 128, 128), 50.0), rng)
    assert screen.abs().max() > 2 and abs(screen.mean()) < 1
