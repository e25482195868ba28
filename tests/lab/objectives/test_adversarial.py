import math

import pytest

torch = pytest.importorskip("torch")
from colorizing_things.errors import SettingError
from colorizing_things.lab.objectives.adversarial import (
    OBJECTIVES,
    clip_weights,
    gradient_penalty,
    hinge_discriminator,
    hinge_generator,
    make_objective,
    vanilla_discriminator,
)


def test_hinge_closed_forms():
    zero, three = torch.zeros(4), torch.full((4,), 3.0)
    assert hinge_discriminator(zero, zero) == 2
    assert hinge_generator(zero) == 0
    assert hinge_discriminator(three, -three) == 0
    assert hinge_discriminator(-three, three) == 8
    assert hinge_generator(three) == -3


ZERO = torch.zeros(4)


@pytest.mark.parametrize(
    ("name", "discriminator", "generator"),
    [
        ("vanilla", 2 * math.log(2), math.log(2)),
        ("lsgan", 0.5, 0.5),  # a, b, c = 0, 1, 1
        ("lsgan-pearson", 1.0, 0.0),  # -1, 1, 0
        ("wgan", 0.0, 0.0),
        ("wgan-gp", 0.0, 0.0),
        ("hinge", 2.0, 0.0),
    ],
)
def test_losses_where_the_discriminator_knows_nothing(name, discriminator, generator):
    objective = OBJECTIVES[name]
    assert float(objective.discriminator(ZERO, ZERO)) == pytest.approx(discriminator, abs=1e-6)
    assert float(objective.generator(ZERO)) == pytest.approx(generator, abs=1e-6)


@pytest.mark.parametrize("name", list(OBJECTIVES))
def test_losses_pull_the_right_way(name):
    objective, up = OBJECTIVES[name], torch.full((4,), 0.3)
    assert objective.discriminator(up, -up) < objective.discriminator(ZERO, ZERO)
    assert objective.generator(up if name != "lsgan-pearson" else ZERO) < objective.generator(-up)
    assert objective.discriminator(-up, up) > objective.discriminator(ZERO, ZERO)


def test_vanilla_smooths_one_side_only():
    far = torch.full((4,), 30.0)
    assert float(vanilla_discriminator(far, -far, 0.9)) == pytest.approx(0.1 * 30, abs=1e-3)  # sure costs, for real
    assert float(vanilla_discriminator(far, -far, 1.0)) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(("norm", "expected"), [(1.0, 0.0), (3.0, 4.0), (0.0, 1.0)])
def test_the_penalty_of_a_linear_critic(norm, expected):
    weight = torch.randn(3 * 4 * 4)
    weight = norm * weight / weight.norm()
    real, fake = torch.randn(5, 3, 4, 4), torch.randn(5, 3, 4, 4)
    got = gradient_penalty(lambda x: x.flatten(1) @ weight, real, fake, torch.rand(5))
    assert float(got) == pytest.approx(expected, abs=1e-4)  # times lambda 10: 0, 40, 10


def test_the_penalty_is_each_pictures_own_and_reaches_the_critics_weights():
    critic = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(12, 8), torch.nn.Tanh(), torch.nn.Linear(8, 1))
    real, fake, share = torch.randn(4, 3, 2, 2), torch.randn(4, 3, 2, 2), torch.rand(4)
    together = gradient_penalty(lambda x: critic(x)[:, 0], real, fake, share)
    alone = [
        gradient_penalty(lambda x: critic(x)[:, 0], real[i : i + 1], fake[i : i + 1], share[i : i + 1])
        for i in range(4)
    ]
    torch.testing.assert_close(together, torch.stack(alone).mean())
    together.backward()
    assert all(p.grad is not None for name, p in critic.named_parameters() if name != "3.bias")


def test_clipping():
    layer = torch.nn.Linear(20, 20)
    clip_weights(layer, 0.01)
    assert max(float(p.detach().abs().max()) for p in layer.parameters()) == pytest.approx(0.01)


def test_each_objective_comes_with_what_it_needs():
    parameters = [torch.nn.Parameter(torch.zeros(1))]
    assert isinstance(OBJECTIVES["wgan"].optimizer(parameters, 1e-3), torch.optim.RMSprop)
    hinge = OBJECTIVES["hinge"].optimizer(parameters, 1e-3)
    assert isinstance(hinge, torch.optim.Adam) and hinge.defaults["betas"] == (0.0, 0.9)
    assert OBJECTIVES["hinge"].discriminator_lr == 4 * OBJECTIVES["hinge"].lr
    for objective in OBJECTIVES.values():
        bounded = objective.clip > 0 or objective.penalty > 0
        assert bounded != (objective.normalization == "spectral")
        assert (objective.critic_steps == 5) == objective.wasserstein


@pytest.mark.parametrize(
    ("name", "changes", "match"),
    [
        ("hing", {}, "unknown objective 'hing': choose vanilla"),
        ("hinge", {"clap": 1}, "unknown setting 'clap' of objective_settings: choose betas"),
        ("wgan-gp", {"normalization": "batch"}, "each picture's own"),
        ("wgan", {"normalization": "spectral"}, "leave out clip"),
        ("wgan", {"critic_steps": 0}, "1 or more"),
    ],
)
def test_an_impossible_objective_is_one_line(name, changes, match):
    with pytest.raises(SettingError, match=match):
        make_objective(name, changes)
    assert make_objective("wgan-gp", {"penalty": 5.0, "betas": [0.5, 0.9]}).betas == (0.5, 0.9)
