"""The bundled models, each a folder with its card; and how a model is found by name or path."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

from colorizing_things.defaults import MODEL
from colorizing_things.errors import ModelError

from .card import Card, load_card

DEFAULT = MODEL
BUNDLED = Path(__file__).parent / "bundled"


def search_path() -> list[Path]:
    """Folders in which models lie by name: those of ``COLORIZE_MODELS``, or ``models`` here and in the user's data."""
    given = os.environ.get("COLORIZE_MODELS")
    if given:
        return [Path(folder) for folder in given.split(os.pathsep) if folder]
    return [Path("models"), Path(platformdirs.user_data_dir("colorizing-things", appauthor=False)) / "models"]


def find_file(name: str) -> Path | None:
    """The first file of that name in the folders of models; None where there is none."""
    return next((folder / name for folder in search_path() if (folder / name).is_file()), None)


def list_models() -> list[Card]:
    """Cards of the bundled models, the default one first.

    Examples:
        >>> [card.name for card in list_models()][0]
        'default'
    """
    folders = sorted(BUNDLED.glob("*/card.json"), key=lambda path: (path.parent.name != DEFAULT, path.parent.name))
    return [load_card(path.parent) for path in folders]


def find_model(model: str | Path) -> Card:
    """The card of a bundled model's name, of a model's folder, or of an ONNX file with its card beside it.

    Raises:
        ModelError: there is none.
    """
    if isinstance(model, str) and (BUNDLED / model / "card.json").exists() and model.isidentifier():
        return load_card(BUNDLED / model)
    path = Path(model)
    if path.suffix == ".onnx":
        path = path.parent
    if (path / "card.json").exists():
        return load_card(path)
    names = ", ".join(card.name for card in list_models())
    raise ModelError(f"unknown model {str(model)!r}: choose {names}, or give a folder that holds a card.json")
