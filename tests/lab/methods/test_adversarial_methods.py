import math

import pytest

torch = pytest.importorskip("torch")
import torch.nn.functional as F
from tiny import make_batch, make_method, steps, tiny_stage

from colorizing_things.lab.methods.adversarial import spread, tint
from colorizing_things.lab.networks.discriminators import discriminator_input
from colorizing_things.lab.objectives.adversarial import OBJECTIVES
from colorizing_things.lab.objectives.variational import kl_to_standard_normal, reparameterize


@pytest.mark.parametrize("objective", ["vanilla", "lsgan", "lsgan-pearson", "wgan", "wgan-gp", "hinge"])
def test_the_discriminator_learns_to_tell_a_fixed_batch(objective):
    stage = tiny_stage("aae-hinge", f"objective={objective}", "lr=1e-9", "encoder_lr=1e-9", "discriminator_lr=1e-3")
    logged = steps(make_method(stage), stage, 40)
    first, last = logged[0]["discriminator"], logged[-1]["discriminator"]
    assert last < first - (1e-4 if objective == "wgan" else 0.05)  # clipping bounds what it can say
    assert ("wasserstein" in logged[0]) == objective.startswith("wgan")


def test_the_critic_learns_in_every_step_and_the_network_in_every_fifth():
    stage = tiny_stage("aae-wgan-gp")
    logged = steps(make_method(stage), stage, 10)
    assert ["generator" in step for step in logged] == ([False] * 4 + [True]) * 2
    assert all(step["penalty"] > 0 for step in logged)


def test_clipping_holds_every_weight():
    stage = tiny_stage("aae-wgan")
    method = make_method(stage)
    steps(method, stage, 1)
    limits = [float(p.detach().abs().max()) for p in method.trainables["discriminator"].module.parameters()]
    assert max(limits) <= 0.01 + 1e-9


def test_half_of_what_the_discriminator_sees_is_real():
    stage = tiny_stage("vaegan-lsgan", "method.objective_settings={normalization: none}")
    method, batch = make_method(stage), make_batch(stage)
    wide = torch.zeros_like(batch.ab)
    scored = []
    discriminate = method.discriminate
    method.discriminate = lambda L, ab: scored.append(ab) or discriminate(L, ab)
    method.train_discriminator(batch.L, batch.ab, [wide, wide + 1])
    assert [len(ab) for ab in scored] == [2, 4]  # and each fake one weighs half: the mean is over four


def test_without_a_code_term_the_latent_is_deterministic():
    stage = tiny_stage("aae-hinge", "method.code=0.0")
    method = make_method(stage)
    assert set(method.trainables) == {"network", "discriminator"}
    assert "code" not in steps(method, stage, 1)[0]


def test_the_code_and_its_discriminator_pull_at_each_other(monkeypatch):
    """One side standing still, the other wins: the discriminator tells codes, then the network makes likely ones."""
    # Without batch norm: of two pictures it makes +1 and -1, whatever the network says.
    alone = ["latent=4", "pixels=0", "adversarial=0", "discriminator_lr=1e-9", "network.normalization=none"]
    stage = tiny_stage("aae-hinge", *alone, "lr=1e-9", "encoder_lr=1e-9")
    monkeypatch.setattr("colorizing_things.lab.methods.aae.CODE_RATE", 3e-3)
    logged = steps(make_method(stage), stage, 60)
    assert logged[0]["code_discriminator"] > 1.3 and logged[-1]["code_discriminator"] < 1.2
    assert logged[-1]["code_score_prior"] > 0 > logged[-1]["code_score_fake"]
    stage = tiny_stage("aae-hinge", *alone, "lr=1e-3", "encoder_lr=1e-3")
    monkeypatch.setattr("colorizing_things.lab.methods.aae.CODE_RATE", 1e-9)
    logged = steps(make_method(stage), stage, 60)
    assert logged[-1]["code"] < logged[0]["code"] - 0.01


@pytest.mark.parametrize("name", ["vaegan-lsgan", "vaegan-hinge-z-alone"])
def test_gradients_go_where_larsen_sends_them(name):
    """Encoders: KL / M + like; generator: gamma like + adversarial; discriminator: its own loss alone."""
    gamma = 7.0
    plain = "method.objective_settings={normalization: none}"
    still = ("discriminator_lr=1e-12", "lr=1e-12", "encoder_lr=1e-12")
    stage = tiny_stage(
        name, f"gamma={gamma}", "kl=1", "pixels=0", "objective=lsgan", plain, *still, "normalization=none"
    )
    method, batch = make_method(stage), make_batch(stage)
    method.step_number = 0
    torch.manual_seed(3)
    logged = method.step(batch)
    network = method.network
    routed = {key: p.grad.clone() for key, p in network.named_parameters()}
    judged = [p.grad.clone() for p in method.trainables["discriminator"].module.parameters()]

    torch.manual_seed(3)
    code = network.encode(batch.L, batch.ab)
    temperature = torch.rand(len(code.mean), 1)
    z = reparameterize(code.mean, code.log_variance, temperature * torch.randn_like(code.mean))
    decoded = network.generate(z, code.content)
    sampled = network.generate(torch.randn_like(z) * torch.rand(len(z), 1), code.content)
    discriminator = method.trainables["discriminator"].module
    seen = lambda ab: discriminator(discriminator_input(batch.L, ab))  # noqa: E731
    real = seen(batch.ab)
    like = 0.5 * (seen(decoded).middle - real.middle.detach()).square().mean()
    kl = kl_to_standard_normal(code.mean, code.log_variance)
    torch.testing.assert_close(logged["like"], like.detach())
    fakes = torch.cat([seen(decoded).score, seen(sampled).score])
    adversarial = 0.5 * (fakes - 1).square().mean()
    keys, parameters = zip(*network.named_parameters(), strict=True)
    generator = [key.startswith("_forward_module.generator") or key.startswith("generator") for key in keys]
    assert any(generator) and not all(generator)
    to_encoder = torch.autograd.grad(
        kl / real.middle[0].numel() + like, parameters, retain_graph=True, allow_unused=True
    )
    to_generator = torch.autograd.grad(gamma * like + adversarial, parameters, retain_graph=True)
    for key, own, encoder, decoder in zip(keys, generator, to_encoder, to_generator, strict=True):
        torch.testing.assert_close(routed[key], decoder if own else encoder, atol=1e-7, rtol=1e-3, msg=key)
    loss = 0.5 * ((real.score - 1).square().mean() + fakes.square().mean())
    for got, expected in zip(judged, torch.autograd.grad(loss, discriminator.parameters()), strict=True):
        torch.testing.assert_close(got, expected, atol=1e-7, rtol=1e-3)


def test_nothing_is_gained_by_louder_features():
    """Batch norm takes their scale away: a gradient along it would only have the encoder's weights grow."""
    stage = tiny_stage("vaegan-hinge", "kl=0", "batch_size=8", "lr=1e-12", "encoder_lr=1e-12", "discriminator_lr=1e-12")
    method = make_method(stage)
    last = [p for key, p in method.network.named_parameters() if "encoder" in key][-2:]  # of the deepest map
    with torch.no_grad():
        for p in last:
            p *= 1000  # far above batch norm's epsilon
    method.step(make_batch(stage))
    along = sum((p.grad * p).sum() for p in last)
    size = sum((p.grad * p).square().sum() for p in last).sqrt()
    assert size > 0 and along.abs() < 0.02 * size


def test_spread_is_nothing_for_one_colour_and_the_deviation_for_two():
    constant = torch.tensor([30.0, -10.0])[None, :, None, None].expand(2, 2, 4, 4)
    assert float(spread(constant)) == 0
    two = torch.stack([torch.zeros(2, 4, 4), torch.full((2, 4, 4), 10.0)])
    assert float(spread(two)) == pytest.approx(math.sqrt(50))


def test_tint_sees_pictures_apart_and_not_what_is_within_each():
    striped = torch.tensor([-20.0, 20.0]).repeat(2)[None, None, None].expand(3, 2, 4, 4)
    assert float(tint(striped)) == 0 < float(spread(striped))
    assert float(tint(torch.stack([striped[0], striped[0] + 10]))) == pytest.approx(math.sqrt(50))


def test_the_discriminators_pictures_lie_between_minus_one_and_one():
    batch = make_batch(tiny_stage("aae-hinge"))
    for space in ("lab", "rgb"):
        x = discriminator_input(batch.L, batch.ab, space)
        assert x.shape == (2, 3, 32, 32) and x.min() >= -1 and x.max() <= 1
    assert F.mse_loss(discriminator_input(batch.L, batch.ab), discriminator_input(batch.L, batch.ab, "rgb")) > 0.01


def test_the_critic_learns_alone_at_first_unless_it_was_carried_over():
    """WGAN's hundred steps; then the generator in every fifth."""
    stage = tiny_stage("aae-wgan", "method.objective_settings={critic_warmup: 3, critic_steps: 2}")
    method = make_method(stage)
    turns = []
    for step in range(8):
        method.step_number = step
        turns.append(method.is_generator_step)
    assert turns == [False, False, False, False, True, False, True, False]
    method.carried = frozenset({"discriminator"})
    method.step_number = 1
    assert method.is_generator_step
    assert OBJECTIVES["wgan"].critic_warmup == 100 and OBJECTIVES["wgan-gp"].critic_warmup == 0
