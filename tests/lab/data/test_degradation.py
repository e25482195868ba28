import numpy as np
import pytest

torch = pytest.importorskip("torch")
from skimage import data

from colorizing_things.color.spaces import srgb_to_lightness
from colorizing_things.lab.data import degradation
from colorizing_things.lab.data.chance import Chance


@pytest.fixture(scope="module")
def pictures():
    L = srgb_to_lightness(data.camera()[::4, ::4] / 255).astype(np.float32)
    return torch.from_numpy(L)[None, None].repeat(200, 1, 1, 1)


def test_about_the_asked_share_is_aged_and_stays_lightness(pictures):
    degraded = degradation.degrade(pictures, 0.3, Chance.seeded(200, 0))
    changed = (degraded != pictures).flatten(1).any(1)
    assert 0.2 < changed.double().mean() < 0.4
    assert degraded.min() >= 0 and degraded.max() <= 100 and degraded.isfinite().all()


def test_an_old_picture_still_shows_the_same_thing(pictures):
    degraded = degradation.degrade(pictures[:60], 1.0, Chance.seeded(60, 1)).flatten(1)
    likeness = np.corrcoef(np.concatenate([pictures[:1].flatten(1), degraded]))[0, 1:]
    assert likeness.min() > 0.6 and np.median(likeness) > 0.9


def test_the_same_seed_ages_alike(pictures):
    first, again = (degradation.degrade(pictures[:20], 1.0, Chance.seeded(20, 2)) for _ in range(2))
    assert torch.equal(first, again)


def test_scratches_are_thin_and_halftone_keeps_the_mean(pictures):
    chance = Chance.seeded(50, 3)
    scratched = degradation._scratched(pictures[:50], chance)
    share = (scratched != pictures[:50]).flatten(1).double().mean(1)
    assert 0 < share.mean() < 0.03 and share.max() < 0.06
    screen = degradation._halftone(torch.full((50, 1, 128, 128), 50.0), chance) - 50
    assert screen.abs().amax((1, 2, 3)).min() > 2 and screen.mean((1, 2, 3)).abs().max() < 1


def test_a_blur_is_each_pictures_own_and_keeps_its_light(pictures):
    sigma = torch.tensor([0.05, 1.0, 2.0])[:, None, None, None]
    sharp, soft, softer = degradation.blur(pictures[:3], sigma)[:, 0]
    torch.testing.assert_close(sharp, pictures[0, 0], atol=1e-3, rtol=0)
    from scipy.ndimage import gaussian_filter

    exact = gaussian_filter(pictures[1, 0].numpy(), 1.0, mode="mirror", radius=degradation.REACH)
    np.testing.assert_allclose(soft.numpy(), exact, atol=1e-3)
    assert softer.std() < soft.std()


@pytest.mark.parametrize("side", [8, 33])
def test_pictures_of_any_size_can_be_aged(side):
    L = torch.rand(40, 1, side, side + 3) * 100
    assert degradation.degrade(L, 1.0, Chance.seeded(40, 0)).isfinite().all()
