import math

import pytest

torch = pytest.importorskip("torch")
from colorizing_things.lab.objectives.variational import kl_to_standard_normal, reparameterize, scale_gradient


def test_the_priors_divergence_from_itself_is_nothing():
    assert float(kl_to_standard_normal(torch.zeros(3, 5), torch.zeros(3, 5))) == 0


def test_the_divergence_in_closed_form_and_by_torch():
    assert float(kl_to_standard_normal(torch.ones(3, 5), torch.zeros(3, 5))) == pytest.approx(2.5)
    assert float(kl_to_standard_normal(torch.zeros(3, 5), torch.ones(3, 5))) == pytest.approx(2.5 * (math.e - 2))
    mean, log_variance = torch.randn(4, 6), torch.randn(4, 6)
    ours = torch.distributions.Normal(mean, (0.5 * log_variance).exp())
    expected = torch.distributions.kl_divergence(ours, torch.distributions.Normal(0.0, 1.0)).sum(1).mean()
    torch.testing.assert_close(kl_to_standard_normal(mean, log_variance), expected)


def test_draws_have_the_mean_and_the_deviation_and_pass_gradients():
    torch.manual_seed(0)
    mean, log_variance = torch.tensor([[2.0, -1.0]]), torch.tensor([[0.0, math.log(9.0)]])
    z = reparameterize(mean, log_variance, torch.randn(20_000, 2))
    torch.testing.assert_close(z.mean(0), mean[0], atol=0.1, rtol=0)
    torch.testing.assert_close(z.std(0), torch.tensor([1.0, 3.0]), atol=0.1, rtol=0)
    mean.requires_grad_(), log_variance.requires_grad_()
    noise = torch.ones(1, 2)
    reparameterize(mean, log_variance, noise).sum().backward()
    torch.testing.assert_close(mean.grad, torch.ones(1, 2))
    torch.testing.assert_close(log_variance.grad, 0.5 * (0.5 * log_variance.detach()).exp())


def test_a_scaled_gradient_leaves_values_alone():
    x = torch.tensor([2.0, 3.0], requires_grad=True)
    y = scale_gradient(x, 0.25)
    torch.testing.assert_close(y, x)
    y.square().sum().backward()
    torch.testing.assert_close(x.grad, 0.25 * 2 * x.detach())
