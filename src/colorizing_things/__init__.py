"""Colour black-and-white photographs. ``Colorizer()`` made once, used often; or ``colorize(picture)``."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from .color.chroma import Chroma
from .color.look import Look
from .colorizer import Colorizer
from .errors import ColorizingError, ModelError, PictureError, SettingError
from .guidance.guide import Guide
from .guidance.hints import Hint
from .imaging.picture import Picture
from .model.catalog import list_models
from .model.model import Model
from .model.seen import SeenPicture
from .options import ColorOptions, OutputOptions
from .session import Session

__version__ = version("colorizing-things")

__all__ = [
    "Chroma",
    "ColorOptions",
    "Colorizer",
    "ColorizingError",
    "Guide",
    "Hint",
    "Look",
    "Model",
    "ModelError",
    "OutputOptions",
    "Picture",
    "PictureError",
    "SeenPicture",
    "Session",
    "SettingError",
    "colorize",
    "list_models",
]


def colorize(picture: Any, **look: Any) -> Any:
    """Colour one picture with the default model; make a :class:`Colorizer` to colour many."""
    return Colorizer()(picture, **look)
