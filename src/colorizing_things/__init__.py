"""Colour black-and-white photographs. ``Colorizer()`` made once, used often; or ``colorize(picture)``."""

# As typing has it: what the command loads before it hears of Ctrl-C is as little as can be, nothing of Python's own.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .color.chroma import Chroma
    from .color.look import Look
    from .colorizer import Colorizer
    from .errors import ColorizingError, ModelError, PictureError, SettingError
    from .film.encoding import FilmOutput
    from .guidance.guide import Guide
    from .guidance.hints import Hint
    from .imaging.picture import Picture
    from .model.catalog import list_models
    from .model.model import Model
    from .model.seen import SeenPicture
    from .options import ColorOptions, OutputOptions
    from .session import Session

    __version__: str

# Loaded when they are first asked for: so the command shows its help at once.
_PLACES = {
    "Chroma": "color.chroma",
    "ColorOptions": "options",
    "Colorizer": "colorizer",
    "ColorizingError": "errors",
    "FilmOutput": "film.encoding",
    "Guide": "guidance.guide",
    "Hint": "guidance.hints",
    "Look": "color.look",
    "Model": "model.model",
    "ModelError": "errors",
    "OutputOptions": "options",
    "Picture": "imaging.picture",
    "PictureError": "errors",
    "SeenPicture": "model.seen",
    "Session": "session",
    "SettingError": "errors",
    "list_models": "model.catalog",
}

__all__ = [
    "Chroma",
    "ColorOptions",
    "Colorizer",
    "ColorizingError",
    "FilmOutput",
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


def __getattr__(name: str) -> "Any":
    if name == "__version__":
        from importlib.metadata import PackageNotFoundError, version

        try:
            return version("colorizing-things")
        except PackageNotFoundError:  # copied, or frozen into an app, without its metadata
            return "unknown"
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    found = getattr(import_module(f".{_PLACES[name]}", __name__), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def colorize(picture: "Any", **look: "Any") -> "Any":
    """Colour one picture with the default model; make a :class:`Colorizer` to colour many.

    Examples:
        >>> import numpy as np
        >>> gray = np.full((48, 64), 128, np.uint8)
        >>> colorize(gray).shape
        (48, 64, 3)
    """
    from .colorizer import Colorizer

    return Colorizer()(picture, **look)
