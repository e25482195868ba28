"""What can go wrong, as types. Every message is one line: what, where, and what to do."""

from __future__ import annotations


class ColorizingError(Exception):
    """Base of all errors raised on purpose by this package.

    Attributes:
        refused: what the system refused: ``memory``, ``space`` on a disk, or a ``file``; empty where it refused nothing
            and the picture or the caller is to blame.
    """

    refused: str = ""


class PictureError(ColorizingError):
    """A picture cannot be read or written."""


class TooLargeError(PictureError):
    """A picture has more pixels than are allowed; nothing of it was decoded."""

    def __init__(self, width: int, height: int, max_pixels: int, name: str = "") -> None:
        super().__init__(
            f"{name + ': ' if name else ''}{width} x {height} pixels are over the limit of {max_pixels:,};"
            " raise it with --max-pixels"
        )
        self.width, self.height, self.max_pixels = width, height, max_pixels
        self._name = name

    def __reduce__(self) -> tuple[type[TooLargeError], tuple[int, int, int, str]]:
        """So that a process pool can hand it on."""
        return type(self), (self.width, self.height, self.max_pixels, self._name)


class ModelError(ColorizingError):
    """A model is unknown, broken, or does not fit its card."""


class SettingError(ColorizingError, ValueError):
    """A setting or an argument has a value that cannot work."""


class TrainingError(ColorizingError):
    """A training run cannot start or had to stop."""
