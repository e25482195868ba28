"""What can go wrong, as types. Every message is one line: what, where, and what to do."""

from __future__ import annotations


class ColorizingError(Exception):
    """Base of all errors raised on purpose by this package.

    Attributes:
        refused: what the system refused: ``memory``, ``space`` on a disk, or a ``file``; empty where it refused nothing
            and the picture or the caller is to blame.

    Examples:
        >>> from colorizing_things import Colorizer
        >>> try:
        ...     Colorizer(threads=1)("missing.jpg")
        ... except ColorizingError as error:
        ...     print(error)
        missing.jpg: no such file
    """

    refused: str = ""


class PictureError(ColorizingError):
    """A picture cannot be read or written.

    Examples:
        >>> from colorizing_things import Picture
        >>> try:
        ...     Picture.decode(b"")
        ... except PictureError as error:
        ...     print(error)
        picture: is empty (0 bytes)
    """


class TooLargeError(PictureError):
    """A picture has more pixels than are allowed; nothing of it was decoded.

    Examples:
        >>> print(TooLargeError(40000, 30000, 1_000_000_000, "map.tif"))
        map.tif: 40000 x 30000 pixels are over the limit of 1,000,000,000; raise it with --max-pixels
    """

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
    """A model is unknown, broken, or does not fit its card.

    Examples:
        >>> from colorizing_things import Model
        >>> try:
        ...     Model("nobody")
        ... except ModelError as error:
        ...     print(str(error).partition(":")[0])
        unknown model 'nobody'
    """


class SettingError(ColorizingError, ValueError):
    """A setting or an argument has a value that cannot work.

    Examples:
        >>> from colorizing_things import ColorOptions
        >>> try:
        ...     ColorOptions(mood=2)
        ... except SettingError as error:
        ...     print(error)
        mood 2: must be 0 (the mean) to 1 (the full draw)
    """


class TrainingError(ColorizingError):
    """A training run cannot start or had to stop.

    Examples:
        >>> issubclass(TrainingError, ColorizingError)
        True
    """
