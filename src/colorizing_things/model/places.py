"""Where models lie by name that are not in the package, and the list of those that can be had."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import platformdirs

VARIABLE = "COLORIZE_MODELS"
FOLDER = "models"
LIST = Path(__file__).with_name("models.json")
CARD = "card.json"


@dataclass(frozen=True)
class File:
    """A file of a model: its name there, where the repository's history holds it, its size and checksum.

    One without a path is not ours to keep: it is looked for in the folders of models, and ``made_by`` says what
    command makes it.
    """

    name: str
    path: str
    size: int  # bytes
    sha256: str
    made_by: str = ""


@dataclass(frozen=True)
class Published:
    """A model, or weights that a recipe starts from, which can be had by name.

    Attributes:
        name: of its folder among the models; of weights of a single file the file's own.
        summary: what it is, in a line.
        commit: of the repository's history, which holds its files.
    """

    name: str
    summary: str
    commit: str
    files: tuple[File, ...]

    @property
    def is_model(self) -> bool:
        """Whether it colours: a folder with a card. Else it is one file that a recipe starts from."""
        return any(file.name == CARD for file in self.files)

    @property
    def size(self) -> int:
        """Of all its files, in bytes."""
        return sum(file.size for file in self.files)


@cache
def published() -> dict[str, Published]:
    """All that can be had, by name (``models.json``)."""
    entries = json.loads(LIST.read_text(encoding="utf-8"))
    return {
        name: Published(name, entry["summary"], entry["commit"], tuple(File(**file) for file in entry["files"]))
        for name, entry in entries.items()
    }


def search_path() -> list[Path]:
    """Folders of models, by turns: those of ``COLORIZE_MODELS``, or else ``models`` here and in the user's data."""
    given = os.environ.get(VARIABLE, "")
    folders = [Path(folder) for folder in given.split(os.pathsep) if folder]
    return folders or [Path(FOLDER), users_folder()]


def users_folder() -> Path:
    """Where models lie that are to be found from any folder."""
    return Path(platformdirs.user_data_dir("colorizing-things", appauthor=False)) / FOLDER


def find_installed(name: str) -> Path | None:
    """The folder of the model of that name; None where there is none, or where that is no plain name."""
    if Path(name).name != name:
        return None
    return next((folder / name for folder in search_path() if (folder / name / CARD).is_file()), None)


def find_file(name: str) -> Path | None:
    """The first file of that name in the folders of models; None where there is none."""
    return next((folder / name for folder in search_path() if (folder / name).is_file()), None)
