import numpy as np
import pytest

torch = pytest.importorskip("torch")
from colorizing_things.lab.data.simulated_hints import simulate_hints


def fields(count=400, share=0.5, seed=0):
    ab = torch.randn(count, 2, 16, 20, generator=torch.Generator().manual_seed(1)) * 20
    return ab, *simulate_hints(ab, share, 4, np.random.default_rng(seed))


def test_about_the_asked_share_gets_hints_at_the_networks_size():
    _, hints, mask = fields()
    assert hints.shape == (400, 2, 64, 80) and mask.shape == (400, 1, 64, 80)
    hinted = mask.amax((1, 2, 3)) > 0
    assert 0.42 < hinted.double().mean() < 0.58
    assert not hints[~hinted].any()


def test_sure_hints_of_one_cell_are_the_truth():
    ab, hints, mask = fields()
    small_hints, small_mask = hints[:, :, ::4, ::4], mask[:, :, ::4, ::4]
    alone = (small_mask == 1) & (torch.nn.functional.avg_pool2d(small_mask, 3, 1, 1) < 0.12)  # one ninth
    assert alone.sum() > 20
    where = alone.expand_as(ab)
    torch.testing.assert_close(small_hints[where], ab[where])


def test_doubtful_hints_are_as_wrong_as_their_trust_says():
    ab, hints, mask = fields(share=1.0)
    small_hints, small_mask = hints[:, :, ::4, ::4], mask[:, :, ::4, ::4]
    soft = (small_mask > 0) & (small_mask < 1)
    assert soft.any() and float(small_mask[soft].min()) >= 0.2
    assert (small_hints - ab)[soft.expand_as(ab)].abs().mean() > 1


def test_the_same_seed_draws_the_same_and_another_does_not():
    first, again, other = fields(), fields(), fields(seed=1)
    assert torch.equal(first[2], again[2]) and torch.equal(first[1], again[1])
    assert not torch.equal(first[2], other[2])
