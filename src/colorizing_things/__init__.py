"""Colour black-and-white photographs. ``Colorizer()`` made once, used often; or ``colorize(picture)``."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from .color.chroma import Chroma
from .colorizer import Colorizer, Output
from .errors import ColorizingError, ModelError, PictureError, SettingError
from .guidance.hints import Hint
from .imaging.picture import Picture
from .model.catalog import list_models
from .model.model import Model
from .model.seen import SeenPicture
from .options import Look
from .session import Guide, Session

__version__ = version("colorizing-things")

__all__ = [
    "Chroma",
    "Colorizer",
    "ColorizingError",
    "Guide",
    "Hint",
    "Look",
    "Model",
    "ModelError",
    "Output",
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
