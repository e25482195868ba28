"""What is to be coloured among files and folders: pictures, but not hidden ones or our results; the rest is named."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath

from colorizing_things.errors import PictureError
from colorizing_things.system import faults

from .foreign import RAW_SUFFIXES
from .picture import PICTURE_SUFFIXES
from .xmp import SOURCE_TYPE

RESULT_STEM = re.compile(r"\.color(\.\d+)?$")  # end of the stem of what we write beside an original
EXTRAS = (".sheet", ".confidence")  # and of what comes along with it
# Files that look like pictures, and are not read; what begins as one does under another name is found by its start.
UNREAD_SUFFIXES = RAW_SUFFIXES | {
    ".svg", ".svgz", ".pdf", ".eps", ".ai", ".xcf", ".kra", ".exr", ".hdr", ".ico", ".icns", ".wmf", ".emf", ".jxr",
    ".wdp", ".hdp", ".dpx", ".cin", ".fits", ".djvu", ".pcx", ".pict", ".pct", ".jls", ".cdr", ".ora", ".qoi", ".ras",
}  # fmt: skip
STARTS = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"II\x2a\0", b"MM\0\x2a", b"GIF87a", b"GIF89a", b"8BPS\0")
LINK = "is a link to a folder, which may lead in a circle; to colour what it holds, name it"
MARK = SOURCE_TYPE.rpartition("/")[2].encode()
MARKED = "is machine-coloured already, as its metadata says; to colour it again, name it"
MARKED_WITHIN = 1 << 16  # bytes from a file's start or end in which its mark lies


@dataclass(frozen=True)
class FoundFile:
    """A file, its place in the tree, and what keeps it from being coloured."""

    source: Path
    place: Path
    problem: str = ""
    left_out: bool = False


def walk(inputs: list[Path], skip: Path | None) -> Iterator[FoundFile]:
    """Every picture with its place in the tree, leaving out hidden files, our own results, and ``skip``.

    A result that is named, by ``*.jpg`` perhaps, is left out only where its original is named too.
    """
    named = {(path.parent, name) for path in inputs for name in (path.stem, path.name)}
    for path in inputs:
        if not is_folder(path):
            original = original_stem(path)
            if original == path.stem or (path.parent, original) not in named:
                yield FoundFile(path, Path(path.name))
            continue
        yield from _walk_folder(path, skip)


def _walk_folder(folder: Path, skip: Path | None) -> Iterator[FoundFile]:
    pictures = False
    for found in _files(folder):
        file = found.source
        if found.problem:
            pictures |= not found.left_out
            yield found
            continue
        if _is_result(file) or (skip is not None and skip != folder and skip in file.parents):
            continue
        suffix = file.suffix.lower()
        if suffix in PICTURE_SUFFIXES:
            pictures = True
            marked = is_marked(file)
            yield FoundFile(file, found.place, f"{file}: {MARKED}" if marked else "", marked)
        elif suffix in UNREAD_SUFFIXES:
            yield FoundFile(file, found.place, f"{file}: {why_unread(suffix)}", True)
        elif _starts_as_picture(file):
            yield FoundFile(
                file, found.place, f"{file}: a picture by its content; give it the suffix of its format", True
            )
    if not pictures:
        looked = ", ".join(sorted(PICTURE_SUFFIXES))
        yield FoundFile(folder, Path(), f"{folder}: holds no pictures; looked for {looked}")


def _files(root: Path) -> Iterator[FoundFile]:
    """All files but hidden ones; a folder that cannot be listed, or is a link, is a problem."""
    folders = [root]
    while folders:
        folder = folders.pop()
        try:
            with faults.naming(f"{folder}: cannot be listed"), os.scandir(folder) as listed:
                entries = sorted((entry for entry in listed if not entry.name.startswith(".")), key=lambda e: e.name)
        except PictureError as error:
            yield FoundFile(folder, folder.relative_to(root), str(error))
            continue
        inner = []
        for entry in entries:
            path = folder / entry.name
            if not is_folder(path):
                yield FoundFile(path, path.relative_to(root))
            elif entry.is_symlink():
                yield FoundFile(path, path.relative_to(root), f"{path}: {LINK}", True)
            else:
                inner.append(path)
        folders += reversed(inner)


def is_folder(path: Path) -> bool:
    """Whether it is one; what the system does not say is said when it is read."""
    try:
        return path.is_dir()
    except (OSError, ValueError):  # a name that this system cannot have
        return False


def why_unread(suffix: str) -> str:
    """What is said of a file with one of :data:`UNREAD_SUFFIXES`."""
    return "a raw file, to be developed first" if suffix in RAW_SUFFIXES else f"{suffix} is not read"


def is_marked(file: Path) -> bool:
    """Whether its metadata says that its colours are machine-made."""
    try:
        with file.open("rb") as opened:
            if MARK in opened.read(MARKED_WITHIN):
                return True
            opened.seek(max(0, opened.seek(0, os.SEEK_END) - MARKED_WITHIN))
            return MARK in opened.read(MARKED_WITHIN)
    except OSError:
        return False


def _starts_as_picture(file: Path) -> bool:
    try:
        if not file.is_file():
            return False
        with file.open("rb") as opened:
            start = opened.read(16)
    except OSError:
        return False
    return start.startswith(STARTS) or (start[:4] == b"RIFF" and start[8:12] == b"WEBP") or start[4:8] == b"ftyp"


def _is_result(file: Path) -> bool:
    """Whether we wrote it: by its name, and for what comes along by that of its original beside it too."""
    if RESULT_STEM.search(file.stem):
        return True
    original = original_stem(file)
    if original == file.stem:
        return False
    return any(os.path.lexists(file.with_name(original + suffix)) for suffix in ("", *PICTURE_SUFFIXES))


def original_stem(file: PurePath) -> str:
    """``old`` for ``old.color.jpg``, ``old.color.2.jpg``, ``old.sheet.jpg`` and ``old.confidence.png``.

    Examples:
        >>> from pathlib import Path
        >>> original_stem(Path("old.color.2.jpg"))
        'old'
    """
    ending = next((extra for extra in EXTRAS if file.stem.endswith(extra)), None)
    return file.stem.removesuffix(ending) if ending else RESULT_STEM.sub("", file.stem)
