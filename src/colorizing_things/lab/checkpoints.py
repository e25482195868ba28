"""Checkpoints: what a run leaves, and the network that comes out of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from colorizing_things.errors import TrainingError

from .networks import build
from .networks.normalisation import settle_spectral_norms


def save(state: dict[str, Any], path: Path) -> None:
    """Write a checkpoint whole or not at all."""
    partial = path.with_suffix(".partial")
    torch.save(state, partial)
    partial.replace(path)


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


def changed_settings(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """What a run that is resumed was given otherwise than before: ``lr 0.0003 -> 0.001``, each once.

    Args:
        before: the recipe of the checkpoint, as a dict.
        now: the recipe that it goes on with.
    """
    found: dict[str, None] = {}
    pairs = [*zip(before["stages"], now["stages"], strict=False), (before["decoding"], now["decoding"])]
    for old, new in pairs:
        for key in sorted(old.keys() | new.keys()):
            if old.get(key) != new.get(key):
                found[f"{key} {old.get(key)} -> {new.get(key)}"] = None
    if len(before["stages"]) != len(now["stages"]):
        found[f"stages {len(before['stages'])} -> {len(now['stages'])}"] = None
    return list(found)


def load_network(run: Path) -> tuple[nn.Module, dict[str, Any]]:
    """The averaged network of a run's folder or checkpoint, in eval mode, and the checkpoint.

    Raises:
        TrainingError: no checkpoint there.
    """
    saved = load(run)
    stage = saved["recipe"]["stages"][saved["stage"]]
    network = build(stage["network"], size=stage["size"], pretrained=False, **stage["network_settings"])
    network.load_state_dict(averaged_weights(saved))
    settle_spectral_norms(network)
    return network.eval(), saved
