"""Where a run's figures go: TensorBoard's events in its folder, and any Lightning Fabric logger that is named."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lightning_fabric.loggers.csv_logs import CSVLogger
from lightning_fabric.loggers.logger import Logger
from torch.utils.tensorboard import SummaryWriter

from colorizing_things import faults
from colorizing_things.errors import SettingError


class RunLog:
    """TensorBoard's writer, whose scalars one more logger may get.

    Args:
        out: folder of the run.
        name: ``csv``, ``wandb``, a Fabric logger as ``module.Class``, or None.
        purge_step: what TensorBoard has from that step on is of a run that broke off, and is dropped.
    """

    def __init__(self, out: Path, name: str | None = None, purge_step: int | None = None) -> None:
        self.out = out
        self.other = make_logger(name, out) if name else None
        _hear_its_threads_once()
        with faults.writing(out):
            self.board = SummaryWriter(str(out), purge_step=purge_step)

    def add_scalar(self, name: str, value: float, step: int) -> None:
        """One figure after so many steps."""
        with faults.writing(self.out):
            self.board.add_scalar(name, value, step)
            if self.other is not None:
                self.other.log_metrics({name: value}, step)

    def add_image(self, name: str, pixels: Any, step: int) -> None:
        """A picture, uint8 ``[H,W,3]``; TensorBoard alone gets it."""
        with faults.writing(self.out):
            self.board.add_image(name, pixels, step, dataformats="HWC")

    def flush(self) -> None:
        """Write what waits."""
        with faults.writing(self.out):
            self.board.flush()
            if self.other is not None:
                self.other.save()


def _hear_its_threads_once() -> None:
    """What ends a thread of TensorBoard's is raised again where something is written next; no traceback besides."""
    if threading.excepthook is not _heard_once:
        _others.append(threading.excepthook)
        threading.excepthook = _heard_once


def _heard_once(told: threading.ExceptHookArgs) -> None:
    if not type(told.thread).__module__.startswith("tensorboard"):
        _others[-1](told)


_others: list[Callable[[threading.ExceptHookArgs], object]] = []


def make_logger(name: str, out: Path) -> Logger:
    """A logger by its name.

    Raises:
        SettingError: unknown, or not installed.
    """
    if name == "csv":
        return CSVLogger(root_dir=out, name="csv", version="")
    module, _, kind = ("pytorch_lightning.loggers.WandbLogger" if name == "wandb" else name).rpartition(".")
    try:
        made = getattr(importlib.import_module(module), kind)
        if name == "wandb":
            return made(project="colorizing-things", name=out.name, save_dir=out)  # type: ignore[no-any-return]
        return made(out)  # type: ignore[no-any-return]
    except (ImportError, AttributeError, ValueError) as error:
        needs = "pip install wandb pytorch-lightning" if name == "wandb" else "choose csv, wandb or module.Class"
        raise SettingError(f"log {name!r}: {error}; {needs}") from error
