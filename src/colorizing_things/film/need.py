"""What films need beyond photographs, and what to say where it is missing. Loads none of it."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from colorizing_things.errors import SettingError

MODULES = ("av", "cv2")
FILM_SUFFIXES = {
    ".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".m2v", ".vob", ".ts", ".mts", ".m2ts", ".mxf",
    ".ogv", ".flv", ".3gp", ".wmv", ".asf", ".dv", ".nut", ".y4m", ".rm", ".divx",
}  # fmt: skip


def check_libraries() -> None:
    """Refuse to go on without them.

    Raises:
        SettingError: PyAV or OpenCV is not installed.
    """
    if not all(find_spec(name) for name in MODULES):
        raise SettingError("films need PyAV and OpenCV: pip install '.[video]' in a checkout")


def is_film(name: str | Path) -> bool:
    """Whether a name is that of a film, or of an image sequence (``frames/%05d.png``).

    Examples:
        >>> is_film("reel.MP4"), is_film("frames/%05d.png"), is_film("old.jpg")
        (True, True, False)
    """
    path = Path(name)
    return path.suffix.lower() in FILM_SUFFIXES or is_sequence(path)


def is_sequence(path: Path) -> bool:
    """Whether it stands for numbered pictures: ``%d`` or ``%05d`` in a name that no file has."""
    _, mark, rest = path.name.partition("%")
    digits, letter, _ = rest.partition("d")
    return bool(mark and letter) and (not digits or digits.isdigit()) and not path.exists()
