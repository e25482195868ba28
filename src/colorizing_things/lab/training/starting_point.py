"""What a run may begin from: another run, a checkpoint, or an exported model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from torch import Tensor

from colorizing_things.errors import ModelError
from colorizing_things.lab.networks.checkpoints import CHECKPOINT, averaged_weights, load
from colorizing_things.lab.networks.recovery import flow_of
from colorizing_things.model.card import Card
from colorizing_things.model.catalog import find_model


def model_of(start: Path) -> Card | None:
    """The card of an exported model, by its name or folder; None where ``start`` is a run or a checkpoint."""
    if start.is_file() or (start / CHECKPOINT).exists():
        return None
    try:
        return find_model(str(start))
    except ModelError:
        if start.exists():  # a folder of neither: what is missing in it is said where a run is read
            return None
        raise


def start_weights(start: Path) -> dict[str, Tensor]:
    """Weights to begin from.

    Args:
        start: a bundled or installed model's name, a model's folder, a run's folder, its ``run.zip`` or a checkpoint.

    Raises:
        ModelError: a name that is none.
        TrainingError: a model that is no flow, or no run.
    """
    card = model_of(start)
    return averaged_weights(load(start)) if card is None else flow_of(card).state_dict()


def network_and_decoding(card: Card) -> tuple[dict[str, Any], dict[str, Any]]:
    """What a flow's recipe would say of an exported one: the network's settings that its weights need, its decoding."""
    network = flow_of(card)
    settings = {"width": network.denoiser.width, "depth": len(network.denoiser.blocks)}
    return settings, dict(card.training.get("recipe", {}).get("decoding", {}))
