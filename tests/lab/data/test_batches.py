import numpy as np
import pytest

torch = pytest.importorskip("torch")
from colorizing_things.errors import TrainingError
from colorizing_things.lab.config.recipe import DataSettings
from colorizing_things.lab.data.batches import Batches, source_probability
from colorizing_things.lab.data.chance import Chance
from colorizing_things.lab.data.degradation import degrade
from colorizing_things.lab.data.photographs import open_photographs
from colorizing_things.lab.data.planes import to_lab


@pytest.fixture(scope="module")
def pictures(photographs, tmp_path_factory):
    return open_photographs(photographs, tmp_path_factory.mktemp("cache"))[0]


@pytest.mark.parametrize("stride", [1, 4])
def test_shapes_and_ranges(pictures, stride):
    with Batches(pictures, DataSettings(size=64, batch_size=5, target_stride=stride)) as batches:
        L, ab, clean_L, _ = batches(0)
    assert L.shape == clean_L.shape == (5, 1, 64, 64) and ab.shape == (5, 2, 64 // stride, 64 // stride)
    assert L.min() >= 0 and L.max() <= 100 and ab.abs().max() < 130 and ab.std() > 3


def test_a_batch_is_a_function_of_seed_and_step(pictures):
    with (
        Batches(pictures, DataSettings(size=32, batch_size=4)) as one,
        Batches(pictures, DataSettings(size=32, batch_size=4)) as two,
    ):
        one(0), one(1)
        third, jumped = one(2), two(2)
        for a, b in zip(third, jumped, strict=True):
            torch.testing.assert_close(a, b, rtol=0, atol=0)
        assert not torch.equal(third.L, one(3).L)
    with Batches(pictures, DataSettings(size=32, batch_size=4), seed=1) as other:
        assert not torch.equal(other(2).L, third.L)
    with Batches(pictures, DataSettings(size=32, batch_size=4), rank=1) as other:
        assert not torch.equal(other(2).L, third.L)


def test_no_picture_large_enough_is_one_line(pictures):
    with pytest.raises(TrainingError, match="500 pixels"):
        Batches(pictures, DataSettings(size=32, batch_size=4, min_side=500))


def test_sources_weigh_by_a_power_of_their_size():
    sources = ["many"] * 100 + ["few"] * 4
    for power, ratio in ((1, 25), (0, 1), (0.5, 5)):
        p = source_probability(sources, power)
        assert p.sum() == pytest.approx(1)
        assert p[:100].sum() / p[100:].sum() == pytest.approx(ratio)


def test_to_lab_agrees_with_the_product():
    from colorizing_things.color.spaces import srgb_to_lab

    rgb = np.random.default_rng(0).integers(0, 256, (1, 8, 12, 3), dtype=np.uint8)
    L, ab = to_lab(torch.from_numpy(rgb).permute(0, 3, 1, 2), stride=4)
    lab = srgb_to_lab(rgb / 255)
    np.testing.assert_allclose(L[0, 0], lab[0, ..., 0], atol=0.02)
    np.testing.assert_allclose(ab[0, 0], lab[0, ..., 1].reshape(2, 4, 3, 4).mean((1, 3)), atol=0.02)


def test_ageing_touches_its_share_and_stays_in_range():
    L = torch.rand(200, 1, 16, 16) * 100
    degraded = degrade(L, 0.5, Chance.seeded(200, 0))
    changed = (degraded != L).flatten(1).any(1).float().mean()
    assert 0.35 < changed < 0.65 and degraded.min() >= 0 and degraded.max() <= 100
    torch.testing.assert_close(degrade(L, 0.0, Chance.seeded(200, 0)), L)
