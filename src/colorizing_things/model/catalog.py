"""The bundled models, each a folder with its card; and how a model is found by name or path."""

from __future__ import annotations

from pathlib import Path

from colorizing_things.errors import ModelError
from colorizing_things.system import faults
from colorizing_things.system.defaults import MODEL

from .card import Card, load_card
from .fetching import how_to_fetch
from .places import find_installed, published

DEFAULT = MODEL
BUNDLED = Path(__file__).parent / "bundled"


def list_models() -> list[Card]:
    """Cards of the bundled models, the default one first.

    Examples:
        >>> [card.name for card in list_models()][0]
        'default'
    """
    folders = sorted(BUNDLED.glob("*/card.json"), key=lambda path: (path.parent.name != DEFAULT, path.parent.name))
    return [load_card(path.parent) for path in folders]


def find_model(model: str | Path) -> Card:
    """The card of a bundled or installed model's name, of a model's folder, or of an ONNX file with its card beside it.

    Raises:
        ModelError: there is none; of a model that can be had the message says where.
    """
    if isinstance(model, str) and (BUNDLED / model / "card.json").exists() and model.isidentifier():
        return load_card(BUNDLED / model)
    installed = find_installed(model) if isinstance(model, str) else None
    path = installed or Path(model)
    if path.suffix == ".onnx":
        path = path.parent
    if faults.asked((path / "card.json").exists, path):
        return load_card(path)
    if str(model) in published():
        raise ModelError(f"model {model} is not installed: {how_to_fetch(str(model))}")
    names = ", ".join(card.name for card in list_models())
    raise ModelError(f"unknown model {str(model)!r}: choose {names}, or give a folder that holds a card.json")
