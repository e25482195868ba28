"""One process or many: what Fabric needs to know, and how gradients are averaged."""

from __future__ import annotations

import os
from typing import Any

import torch
from lightning_fabric import Fabric
from lightning_fabric.plugins.precision.amp import MixedPrecision
from lightning_fabric.strategies.ddp import DDPStrategy
from torch import nn

from colorizing_things.errors import SettingError

PRECISIONS = ("32-true", "bf16-mixed", "16-mixed", "bf16-true", "64-true")


class AveragedGradients(DDPStrategy):
    """Data parallel without DDP's wrapper: modules stay as they are, and :func:`average_gradients` does the rest.

    In an adversarial step a module runs forward several times, is frozen in between, and is differentiated
    twice; the wrapper's bookkeeping of one forward and one backward does not follow that.
    """

    def setup_module(self, module: nn.Module) -> nn.Module:  # type: ignore[override]
        """The module itself."""
        return module


class MixedPrecisionOfWeights(MixedPrecision):
    """Mixed precision that leaves what goes in as it is.

    Fabric's own brings the inputs down too, and in bf16 a lightness over 64 is rounded to halves.
    """

    def convert_input(self, data: Any) -> Any:
        """The data itself; autocast converts what it needs."""
        return data


def best_precision() -> str:
    """bf16 where the hardware computes in it; elsewhere its emulation is many times slower than fp32."""
    if torch.cuda.is_available():
        return "bf16-mixed" if torch.cuda.is_bf16_supported() else "16-mixed"
    return "bf16-mixed" if torch.ops.mkldnn._is_mkldnn_bf16_supported() else "32-true"


def make_fabric(devices: int, precision: str) -> Fabric:
    """Fabric for ``devices`` processes on this machine, or for the ones that torchrun has started.

    Args:
        devices: processes, each with a GPU where there are some, else sharing the CPU (gloo).
        precision: Fabric's.
    """
    if precision not in PRECISIONS:
        raise SettingError(f"precision {precision!r}: choose auto, {', '.join(PRECISIONS)}")
    if devices < 1:
        raise SettingError(f"devices {devices}: must be 1 or more")
    world, local = (int(os.environ.get(name, 1)) for name in ("WORLD_SIZE", "LOCAL_WORLD_SIZE"))
    how: dict[str, Any] = {"precision": precision}
    if precision in ("bf16-mixed", "16-mixed"):
        how = {"plugins": [MixedPrecisionOfWeights(precision, "cuda" if torch.cuda.is_available() else "cpu")]}  # type: ignore[arg-type]
    if started_by_torchrun():
        strategy = AveragedGradients(start_method="popen")  # starts nothing: torchrun has
        return Fabric(strategy=strategy, devices=local, num_nodes=world // local, **how)
    if devices == 1:
        return Fabric(accelerator="auto", devices=1, **how)
    if torch.cuda.is_available() and torch.cuda.device_count() < devices:
        raise SettingError(f"devices {devices}: this machine has {torch.cuda.device_count()} GPUs")
    strategy = AveragedGradients(start_method="spawn")
    return Fabric(strategy=strategy, devices=devices, **how)


def started_by_torchrun() -> bool:
    """Whether this process is one of torchrun's."""
    return "TORCHELASTIC_RUN_ID" in os.environ
