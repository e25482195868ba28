"""How to run, as against what to train."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class RunSettings:
    """Nothing here changes the result but ``max_steps``, ``seconds`` and ``devices``.

    Attributes:
        data: folder of photographs or of parquet shards.
        out: folder of the run; one that has a run of the same recipe is gone on with.
        resume: refuse to begin a new one.
        start: weights to begin from: a checkpoint of a run with the same network.
        max_steps: stop after so many steps in all.
        seconds: of wall time; the recipe's stages are scaled to it, and the run stops within it.
        devices: processes, each with a batch of its own; under torchrun it decides how many.
        workers: threads that make batches ahead.
        log: beside TensorBoard: ``csv``, ``wandb``, or any Lightning Fabric logger as ``module.Class``.
        precision: Fabric's; ``auto`` is bf16 where the hardware computes in it, else fp32.
    """

    data: Path
    out: Path
    resume: bool = False
    start: Path | None = None
    max_steps: int | None = None
    seconds: float | None = None
    devices: int = 1
    precision: str = "auto"
    workers: int = 1
    log: str | None = None

    @property
    def checkpoint(self) -> Path:
        """Where the run's state is kept."""
        return self.out / "last.ckpt"
