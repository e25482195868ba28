"""The signs by which a run is known to have failed, so that it stops at once and says which one it saw."""

from __future__ import annotations

import math
from collections import Counter

from colorizing_things.errors import TrainingError

PATIENCE = 20  # reports in a row that must show a sign: a GAN may look dead for a moment and recover
NO_GRADIENT = 1e-9
NO_LOSS = 1e-4
COLLAPSE = 0.02  # share of the real photographs' spread of colour
ONE_TINT = 0.05  # share of how far real photographs' mean colours lie apart; pale but healthy runs had .2 and more


class DivergenceMonitor:
    """Looks at what a run logs, report after report.

    The names it knows: ``gradient_discriminator``; ``discriminator``, its loss, which has a floor (0 or
    ``discriminator_floor``) unless ``wasserstein`` is logged too; ``spread_fake`` beside ``spread_real`` and
    ``tint_fake`` beside ``tint_real`` (ab units).
    """

    def __init__(self, patience: int = PATIENCE) -> None:
        self.patience = patience
        self.seen: Counter[str] = Counter()

    def update(self, step: int, values: dict[str, float]) -> None:
        """Take in one report.

        Raises:
            TrainingError: the run has diverged or collapsed.
        """
        for name, value in values.items():
            if not math.isfinite(value):
                raise TrainingError(f"step {step}: {name} is {value}; the run diverged, lower the learning rate")
        signs = {
            "dead discriminator: it never errs, so the generator learns nothing from it; lower discriminator_lr": (
                "wasserstein" not in values
                and values.get("discriminator", 1.0) - values.get("discriminator_floor", 0.0) < NO_LOSS
            ),
            "dead discriminator: its gradient has vanished; lower its clipping or its rate": (
                values.get("gradient_discriminator", 1.0) < NO_GRADIENT
            ),
            "collapsed colour: all pictures have nearly one colour; lower the adversarial weight or the rates": (
                "spread_fake" in values and values["spread_fake"] < COLLAPSE * values["spread_real"]
            ),
            "collapsed colour: all pictures have one tint; raise the weight of pixels, or lower the adversarial one": (
                "tint_fake" in values and values["tint_fake"] < ONE_TINT * values["tint_real"]
            ),
        }
        for sign, present in signs.items():
            self.seen[sign] = self.seen[sign] + 1 if present else 0
            if self.seen[sign] >= self.patience:
                raise TrainingError(f"step {step}: {sign} (seen in {self.patience} reports in a row)")
