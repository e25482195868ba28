import math

import pytest

torch = pytest.importorskip("torch")
from colorizing_things.lab.objectives.distillation import agreement, distillation, feature_distance


def test_the_same_answer_costs_nothing_and_the_temperature_keeps_the_gradients_size():
    logits = torch.randn(4, 10)
    assert float(distillation(logits, logits + 3.0)) == pytest.approx(0, abs=1e-6)  # only differences count
    certain, even = torch.tensor([[50.0, 0.0]]), torch.zeros(1, 2)
    assert float(distillation(even, certain, 1.0)) == pytest.approx(math.log(2), abs=1e-4)
    # Near agreement T^2 KL tends to sum (student - teacher)^2 / 2K whatever T is (Hinton et al., section 2.1)
    student, teacher = torch.tensor([[0.1, -0.1]]), torch.zeros(1, 2)
    for temperature in (5.0, 20.0):
        assert float(distillation(student, teacher, temperature)) == pytest.approx(0.02 / 4, rel=0.02)


def test_features_are_compared_by_their_direction():
    x = torch.randn(3, 8)
    assert float(feature_distance(x, 5 * x)) == pytest.approx(0, abs=1e-6)
    assert float(feature_distance(x, -x)) == pytest.approx(2)


def test_agreement_counts_the_teachers_best():
    teacher = torch.eye(8)[[0, 1, 2, 3]]
    student = torch.tensor([[8.0, 7, 6, 5, 4, 3, 2, 1]]).repeat(4, 1)
    assert agreement(student, teacher) == {"agreement_top1": 0.25, "agreement_top5": 1.0}
    assert agreement(-student, teacher) == {"agreement_top1": 0.0, "agreement_top5": 0.25}
