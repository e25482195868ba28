"""Where a run's figures go: TensorBoard's events in its folder, and any Lightning Fabric logger that is named."""

from __future__ import annotations

import importlib
import threading
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lightning_fabric.loggers.csv_logs import CSVLogger
from lightning_fabric.loggers.logger import Logger
from torch.utils.tensorboard import SummaryWriter

from colorizing_things.errors import SettingError
from colorizing_things.system import faults

PROJECT = "colorizing-things"  # what runs are filed under at Weights & Biases


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


class WandbLogger(Logger):
    """A run of Weights & Biases. Its id lies in the run's folder, so that a run that goes on goes on there too.

    Figures of steps that were logged before, of a run that broke off, are dropped there: steps only rise.

    Raises:
        ImportError: wandb is not installed.
    """

    def __init__(self, out: Path) -> None:
        import wandb  # type: ignore[import-not-found, unused-ignore]

        out.mkdir(parents=True, exist_ok=True)
        known = out / "wandb.id"
        if not known.exists():
            known.write_text(uuid.uuid4().hex, encoding="utf-8")
        self._version = known.read_text(encoding="utf-8")
        self.run = wandb.init(project=PROJECT, name=out.name, dir=out, id=self._version, resume="allow")

    @property
    def name(self) -> str:
        """Of the project."""
        return PROJECT

    @property
    def version(self) -> str:
        """The run's id."""
        return self._version

    def log_metrics(self, metrics: dict[str, float], step: int | None = None) -> None:
        """Figures after so many steps."""
        self.run.log(metrics, step=step)

    def log_hyperparams(self, params: Any, *args: Any, **kwargs: Any) -> None:
        """Settings of the run."""
        self.run.config.update(params, allow_val_change=True)


def make_logger(name: str, out: Path) -> Logger:
    """A logger by its name.

    Raises:
        SettingError: unknown, or not installed.
    """
    if name == "csv":
        return CSVLogger(root_dir=out, name="csv", version="")
    try:
        if name == "wandb":
            return WandbLogger(out)
        module, _, kind = name.rpartition(".")
        return getattr(importlib.import_module(module), kind)(out)  # type: ignore[no-any-return]
    except (ImportError, AttributeError, ValueError) as error:
        needs = "pip install wandb" if name == "wandb" else "choose csv, wandb or module.Class"
        raise SettingError(f"log {name!r}: {error}; {needs}") from error
