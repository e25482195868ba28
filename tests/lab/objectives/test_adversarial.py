import pytest

torch = pytest.importorskip("torch")
from colorizing_things.lab.objectives.adversarial import hinge_discriminator, hinge_generator


def test_hinge_closed_forms():
    zero, three = torch.zeros(4), torch.full((4,), 3.0)
    assert hinge_discriminator(zero, zero) == 2
    assert hinge_generator(zero) == 0
    assert hinge_discriminator(three, -three) == 0
    assert hinge_discriminator(-three, three) == 8
    assert hinge_generator(three) == -3
