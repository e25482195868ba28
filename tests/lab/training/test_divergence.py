import math

import pytest

pytest.importorskip("torch")
from colorizing_things.errors import TrainingError
from colorizing_things.lab.training.divergence import DivergenceMonitor

HEALTHY = {
    "discriminator": 1.2, "gradient_discriminator": 0.5, "generator": -3.0, "spread_real": 20.0, "spread_fake": 12.0,
    "tint_real": 12.0, "tint_fake": 3.0,
}  # fmt: skip


def look(reports, patience=3):
    watch = DivergenceMonitor(patience)
    for step, values in enumerate(reports):
        watch.update(step, {**HEALTHY, **values})


def test_a_healthy_run_goes_on():
    look([{}] * 50)
    DivergenceMonitor(1).update(1, {"classes": 2.0})  # of a method with one network


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_what_is_not_finite_stops_at_once(value):
    with pytest.raises(TrainingError, match=r"step 0: generator is (nan|inf); the run diverged"):
        look([{"generator": value}])


@pytest.mark.parametrize(
    ("sign", "match"),
    [
        ({"gradient_discriminator": 1e-12}, "dead discriminator: its gradient has vanished"),
        ({"discriminator": 0.0}, "dead discriminator: it never errs"),
        ({"discriminator": 0.3251, "discriminator_floor": 0.32508}, "dead discriminator: it never errs"),
        ({"spread_fake": 0.1}, "collapsed colour: all pictures have nearly one colour"),
        ({"tint_fake": 0.1}, "collapsed colour: all pictures have one tint"),
    ],
)
def test_a_sign_stops_the_run_only_if_it_stays(sign, match):
    look([sign, sign, {}, sign, sign])
    with pytest.raises(TrainingError, match=match) as error:
        look([sign] * 3)
    assert "step 2" in str(error.value) and "\n" not in str(error.value)


def test_a_critics_loss_has_no_floor():
    look([{"discriminator": -5.0, "wasserstein": 5.0}] * 50)
