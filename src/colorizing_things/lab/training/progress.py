"""What a run prints and logs."""

from __future__ import annotations

import time

from rich.console import Console
from torch import Tensor

from colorizing_things.lab.config.recipe import Stage
from colorizing_things.lab.training.divergence import DivergenceMonitor
from colorizing_things.lab.training.logs import RunLog

console = Console()
# These go to TensorBoard alone, or the line would not fit a screen.
UNPRINTED = ("gradient_", "spread_", "tint_", "code_", "discriminator_")


class ProgressLog:
    """Prints a line and logs to TensorBoard every so many steps; stops a failed run (:class:`.DivergenceMonitor`)."""

    def __init__(self, log: RunLog, stage: Stage, title: str, step: int, processes: int = 1) -> None:
        self.log, self.stage, self.title = log, stage, title
        self.since, self.step = time.perf_counter(), step
        self.pictures = stage.data.batch_size * processes  # a step
        self.divergence = DivergenceMonitor()

    def report(self, step: int, total: int, losses: dict[str, Tensor]) -> None:
        """Log one step's losses and the rate since the last report.

        Raises:
            TrainingError: the run has diverged or collapsed.
        """
        now = time.perf_counter()
        rate = (step - self.step) * self.pictures / (now - self.since)
        values = {name: float(value) for name, value in losses.items()}
        for name, value in values.items():
            self.log.add_scalar(name, value, total)
        self.divergence.update(total, values)
        left = (self.stage.steps - step) * self.pictures / max(rate, 1e-6) / 60
        text = "  ".join(f"{name} {value:.3f}" for name, value in values.items() if not name.startswith(UNPRINTED))
        console.print(f"{self.title} step {step}: {text}  {rate:.0f} pictures/s, {left:.0f} min left", soft_wrap=True)
        self.since, self.step = now, step

    def log_metrics(self, total: int, values: dict[str, float]) -> None:
        """Log and print what was measured on dev."""
        for name, value in values.items():
            self.log.add_scalar(name, value, total)
        if values:
            text = "  ".join(f"{name} {value:.3f}" for name, value in values.items())
            console.print(f"{self.title} on dev: {text}", soft_wrap=True)
