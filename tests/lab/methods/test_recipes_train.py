"""Every recipe of the lab takes two steps, and real gradients reach every parameter."""

import math

import pytest

torch = pytest.importorskip("torch")
from lightning_fabric import Fabric
from tiny import make_method, steps, tiny_stage

RECIPES = [
    "default", "distil-vgg16", "aae-lsgan", "aae-wgan", "aae-wgan-gp", "aae-hinge", "vaegan-lsgan", "vaegan-wgan-gp",
    "vaegan-hinge", "vaegan-hinge-z-alone", "unet-sagan-hinge",
]  # fmt: skip


# Real and ours pull equally at this one, under Wasserstein always and under hinge until it saturates.
BALANCED = {"discriminator._forward_module.score.bias"}


def every_step(name):
    """Settings by which the network learns in every step, not after five of the critic's."""
    objective = name.removeprefix("aae-").removeprefix("vaegan-")
    return ["method_settings.objective_settings={critic_steps: 1}"] if objective.startswith("wgan") else []


@pytest.mark.parametrize("name", RECIPES)
def test_two_steps_and_every_parameter_gets_a_gradient(name):
    stage = tiny_stage(name, *every_step(name))
    method = make_method(stage)
    before = {n: [p.clone() for p in trainable.module.parameters()] for n, trainable in method.trainables.items()}
    logged = steps(method, stage, 2)
    assert all(math.isfinite(value) for step in logged for value in step.values())
    without = [
        f"{trainable}.{key}"
        for trainable in method.trainables
        for key, p in method.trainables[trainable].module.named_parameters()
        if p.grad is None or not p.grad.abs().max() > 0
    ]
    assert [key for key in without if key not in BALANCED] == []
    for trainable, old in before.items():
        pairs = list(zip(old, method.trainables[trainable].module.parameters(), strict=True))
        assert sum(not torch.equal(a, b) for a, b in pairs) >= len(pairs) - 1, trainable


@pytest.mark.parametrize("name", RECIPES)
def test_a_step_in_bfloat16(name):
    """What the loop uses wherever the hardware computes in it."""
    stage = tiny_stage(name, *every_step(name))
    logged = steps(make_method(stage, Fabric(accelerator="cpu", devices=1, precision="bf16-mixed")), stage, 1)[0]
    assert all(math.isfinite(value) for value in logged.values()) and logged["gradient_network"] > 0


@pytest.mark.parametrize("encoder", ["resnet152", "mobilenet-v2", "vgg19"])
def test_any_recipe_takes_any_encoder(encoder):
    width = "1.0" if encoder == "mobilenet-v2" else "0.0625"
    stage = tiny_stage("aae-hinge", f"encoder={encoder}", f"network_settings.width={width}")
    assert stage.network_settings["encoder"] == encoder
    assert math.isfinite(steps(make_method(stage), stage, 1)[0]["pixels"])


@pytest.mark.parametrize("space", ["lab", "rgb"])
@pytest.mark.parametrize("name", ["aae-hinge", "unet-sagan-hinge"])
def test_the_discriminator_sees_lab_or_rgb(name, space):
    stage = tiny_stage(name, f"space={space}")
    assert steps(make_method(stage), stage, 1)[0]["gradient_network"] > 0
