import math

import pytest

torch = pytest.importorskip("torch")
from colorizing_things.lab.objectives.diverse import (
    colorfulness,
    gradient_difference,
    mahalanobis,
    nearest_component,
)


@pytest.fixture(scope="module")
def components():
    """Five orthonormal directions in fields of 8 x 8, and variances."""
    q, _ = torch.linalg.qr(torch.randn(128, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64))
    return q.T.float(), torch.tensor([9.0, 4.0, 2.0, 1.0, 0.5])


def test_colourfulness_is_the_root_of_the_weighted_sum():
    target, weight = torch.zeros(2, 2, 4, 4), torch.ones(2, 4, 4)
    assert colorfulness(target, target, weight) < 1e-5
    assert colorfulness(target + 0.5, target, weight) == pytest.approx(math.sqrt(32 * 0.25), rel=1e-5)
    weight[:, 0, 0] = 81.0
    one = target.clone()
    one[0, :, 0, 0] = torch.tensor([3.0, 4.0])
    assert colorfulness(one, target, weight) == pytest.approx(9 * 5 / 2, rel=1e-4)  # mean over the two pictures


def test_mahalanobis_along_a_component_and_beside_them_all(components):
    basis, variance = components
    torch.testing.assert_close(basis @ basis.T, torch.eye(5), atol=1e-5, rtol=0)
    target = torch.randn(1, 2, 8, 8)
    assert mahalanobis(target, target, basis, variance) == 0
    for k in range(5):
        moved = target + 3.0 * basis[k].view(1, 2, 8, 8)
        assert mahalanobis(moved, target, basis, variance) == pytest.approx(9 / float(variance[k]), rel=1e-3)
    beside = torch.randn(128)
    beside -= basis.T @ (basis @ beside)
    beside *= 2 / beside.norm()
    moved = target + beside.view(1, 2, 8, 8)
    assert mahalanobis(moved, target, basis, variance) == pytest.approx(4 / 0.5, rel=1e-3)


def test_gradients_do_not_see_a_shift_and_see_an_edge():
    target = torch.randn(2, 2, 8, 8)
    assert gradient_difference(target + 5, target) < 1e-3
    flat = torch.zeros(1, 2, 8, 8)
    edge = flat.clone()
    edge[..., 4:] = 2.0  # one step of 2 in seven rows of both channels
    assert gradient_difference(edge, flat) == pytest.approx(math.sqrt(2 * 7 * 4), rel=1e-5)
    torch.testing.assert_close(gradient_difference(edge.mT, flat), gradient_difference(edge, flat))


def test_equal_fields_leave_finite_gradients():
    field = torch.zeros(1, 2, 8, 8, requires_grad=True)
    (colorfulness(field, field.detach(), torch.ones(1, 8, 8)) + gradient_difference(field, field.detach())).backward()
    assert field.grad.isfinite().all()


def test_the_nearest_component_is_picked_and_alone_learns():
    means = torch.tensor([[[0.0, 0.0], [1.0, 0.0], [0.0, 3.0]]], requires_grad=True)
    logits = torch.tensor([[0.3, -0.2, 1.0]], requires_grad=True)
    z = torch.tensor([[0.9, 0.1]])
    loss = nearest_component(logits, means, z)
    log_share = float(logits.detach().log_softmax(1)[0, 1])
    assert loss.item() == pytest.approx(50 * (0.01 + 0.01) - log_share, rel=1e-4)
    loss.backward()
    assert (means.grad[0, 0] == 0).all() and (means.grad[0, 2] == 0).all()
    torch.testing.assert_close(means.grad[0, 1], torch.tensor([10.0, -10.0]))
    one_hot = torch.tensor([[0.0, 1.0, 0.0]])
    torch.testing.assert_close(logits.grad, logits.detach().softmax(1) - one_hot)


def test_the_order_of_components_does_not_matter():
    logits, means, z = torch.randn(6, 8), torch.randn(6, 8, 64), torch.randn(6, 64)
    order = torch.randperm(8)
    torch.testing.assert_close(
        nearest_component(logits[:, order], means[:, order], z), nearest_component(logits, means, z)
    )
