"""Checkpoints: what a run leaves, and the network that comes out of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from colorizing_things.errors import TrainingError
from colorizing_things.lab.networks import build
from colorizing_things.lab.networks.normalization import converge_spectral_norms


def load(path: Path) -> dict[str, Any]:
    """Read a checkpoint of a run's folder, or by its own path.

    Raises:
        TrainingError: none there.
    """
    checkpoint = path / "last.ckpt" if path.is_dir() else path
    if not checkpoint.exists():
        raise TrainingError(f"{checkpoint}: no such checkpoint")
    saved: dict[str, Any] = torch.load(checkpoint, map_location="cpu", weights_only=True)
    return saved


def averaged_weights(checkpoint: dict[str, Any]) -> dict[str, Tensor]:
    """The averaged network's state dict, out of a checkpoint."""
    prefix = "module."
    return {key[len(prefix) :]: value for key, value in checkpoint["average"].items() if key.startswith(prefix)}


def load_network(run: Path) -> tuple[nn.Module, dict[str, Any]]:
    """The averaged network of a run's folder or checkpoint, in eval mode, and the checkpoint.

    Raises:
        TrainingError: no checkpoint there.
    """
    saved = load(run)
    stage = saved["recipe"]["stages"][saved["stage"]]
    network = build(size=stage["data"]["size"], pretrained=False, **stage["network"])
    network.load_state_dict(averaged_weights(saved))
    converge_spectral_norms(network)
    return network.eval(), saved
