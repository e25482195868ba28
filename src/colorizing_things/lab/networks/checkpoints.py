"""Checkpoints: what a run leaves, and the network that comes out of it."""

from __future__ import annotations

import io
import pickle
import zipfile
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from torch import Tensor, nn

from colorizing_things.errors import TrainingError
from colorizing_things.lab.networks import build
from colorizing_things.lab.networks.normalization import converge_spectral_norms

CHECKPOINT = "last.ckpt"  # its name in a run's folder, and in a packed run
FORMAT = 2  # of a checkpoint: stages in groups, pictures counted


def load(path: Path, mmap: bool = False) -> dict[str, Any]:
    """Read a checkpoint of a run's folder, of a packed run (``run.zip``), or by its own path.

    Args:
        path: of any of them.
        mmap: leave tensors on disk until they are looked at.

    Raises:
        TrainingError: none there, or no checkpoint of a run, or one of an older lab.
    """
    checkpoint = path / CHECKPOINT if path.is_dir() else path
    if not checkpoint.exists():
        raise TrainingError(f"{checkpoint}: no such checkpoint")
    try:
        packed = _unpacked(checkpoint)
        saved = torch.load(packed or checkpoint, map_location="cpu", weights_only=True, mmap=mmap and packed is None)
    except (pickle.UnpicklingError, zipfile.BadZipFile, SafetensorError, RuntimeError, EOFError, ValueError,
            OSError) as error:  # fmt: skip
        raise TrainingError(
            f"{checkpoint}: is no checkpoint of a run, or is broken off; give a run's folder, its run.zip or last.ckpt"
        ) from error
    if not isinstance(saved, dict) or "recipe" not in saved:
        raise TrainingError(f"{checkpoint}: is no checkpoint of a run; give a run's folder, its run.zip or last.ckpt")
    if saved.get("format") != FORMAT:
        raise TrainingError(f"{checkpoint}: was written by another version of the lab; train anew, in another folder")
    return saved


def _unpacked(path: Path) -> io.BytesIO | None:
    """The checkpoint in a packed run; None where it is none (a checkpoint by itself is a zip, too)."""
    if not zipfile.is_zipfile(path):
        return None
    with zipfile.ZipFile(path) as archive:
        return io.BytesIO(archive.read(CHECKPOINT)) if CHECKPOINT in archive.namelist() else None


def recipe_of(run: Path) -> dict[str, Any]:
    """The recipe of a run's checkpoint, as a dict.

    Raises:
        TrainingError: as :func:`load`.
    """
    recipe: dict[str, Any] = load(run, mmap=True)["recipe"]
    return recipe


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
