import pytest

torch = pytest.importorskip("torch")
from colorizing_things.lab.objectives.regression import chroma_spread, smooth_l1, within_radius


def test_smooth_l1_closed_forms():
    zero = torch.zeros(1, 2, 3, 3)
    assert smooth_l1(zero, zero) == 0
    assert smooth_l1(zero + 0.5, zero) == pytest.approx(2 * 0.125)
    assert smooth_l1(zero + 10, zero) == pytest.approx(2 * 9.5)
    weight = torch.zeros(1, 3, 3)
    weight[0, 0, 0] = 9
    assert smooth_l1(zero + 10, zero, weight) == pytest.approx(2 * 9.5)


def test_spread_is_the_difference_of_root_mean_square_chroma():
    target = torch.zeros(1, 2, 4, 4)
    target[:, 0] = 6
    target[:, 1] = 8
    assert chroma_spread(target, target) == 0
    assert chroma_spread(target * 1.5, target) == pytest.approx(5)
    assert chroma_spread(-target, target) == pytest.approx(0)


def test_hit_is_an_ab_error_under_ten():
    ab = torch.zeros(1, 2, 1, 3)
    target = torch.tensor([[[[0.0, 6, 7]], [[0.0, 7.9, 7.2]]]])
    assert within_radius(ab, target).flatten().tolist() == [1, 1, 0]
