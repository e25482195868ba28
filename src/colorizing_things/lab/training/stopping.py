"""When a run stops before its recipe ends: steps, wall time, Ctrl-C."""

from __future__ import annotations

import signal
import threading
import time
from types import FrameType
from typing import Any, Self

import torch
from lightning_fabric import Fabric

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Stopper:
    """Asked after every step. Ctrl-C and SIGTERM are heard of between two steps, so that the checkpoint is whole;
    a second one stops at once.

    Attributes:
        reason: why the run stops, once it does: "steps", "time" or "signal".
    """

    def __init__(self, fabric: Fabric, max_steps: int | None = None, deadline: float | None = None) -> None:
        self.fabric, self.max_steps, self.deadline = fabric, max_steps, deadline
        self.reason = ""
        self._asked = False
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():  # no other may listen
            self._before = {number: signal.signal(number, self._hear) for number in SIGNALS}
        return self

    def __exit__(self, *_: object) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)

    def _hear(self, number: int, frame: FrameType | None) -> None:
        if self._asked:
            raise KeyboardInterrupt
        self._asked = True

    def __call__(self, steps_done: int) -> bool:
        """Whether to stop after so many steps; all processes get the same answer."""
        late = self.deadline is not None and time.monotonic() >= self.deadline
        enough = self.max_steps is not None and steps_done >= self.max_steps
        code = 3 if self._asked else 2 if late else 1 if enough else 0
        if self.fabric.world_size > 1:
            agreed = self.fabric.all_reduce(torch.tensor(float(code), device=self.fabric.device), reduce_op="max")
            code = int(agreed)  # type: ignore[arg-type]
        self.reason = ("", "steps", "time", "signal")[code]
        return code > 0
