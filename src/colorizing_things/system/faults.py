"""The one place that turns what the system and libraries refuse into errors of ours: what, where, what to do."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from colorizing_things.errors import ColorizingError, PictureError

MEMORY, SPACE, FILE = "memory", "space", "file"  # what ColorizingError.refused says
NO_MEMORY = "not enough memory; close other programs, do fewer at once (--jobs 1), or choose a smaller --size"
FULL = "free some space and run again"
ADVICE = {
    errno.ENOSPC: FULL,
    errno.EDQUOT: FULL,
    errno.EACCES: "check its permissions, or choose another place",
    errno.EPERM: "check its permissions, or choose another place",
    errno.EROFS: "choose another place",
    errno.EIO: "the disk or the network drive fails; save what is on it",
    errno.ESTALE: "the network drive has lost it; mount it again",
    errno.ENAMETOOLONG: "give a shorter name",
    errno.EMFILE: "do fewer at once (--jobs 1)",
    errno.ENFILE: "close other programs",
}
# How libraries say that memory was refused: the C++ library, ONNX Runtime, libvips, torch, Python's and GLib's threads.
MEMORY_WORDS = (
    "bad_alloc", "bad allocation", "Failed to allocate memory for requested", "vips_tracked: out of memory",
    "can't allocate memory", "CUDA out of memory", os.strerror(errno.ENOMEM), "can't start new thread",
    "Error creating thread", "pthread_create failed",
)  # fmt: skip


def explain(error: BaseException) -> tuple[str, str] | None:
    """What was refused (``memory``, ``space``, ``file``), and why with what to do; None where nothing was.

    A library's error counts where it quotes the system's words; an OSError without a number is one.
    """
    said, number = str(error), error.errno if isinstance(error, OSError) else None
    if number is None:
        number = next((number for number in ADVICE if os.strerror(number) in said), None)
    if isinstance(error, MemoryError) or number == errno.ENOMEM or any(words in said for words in MEMORY_WORDS):
        return MEMORY, NO_MEMORY
    if number is None:
        return None
    advice = ADVICE.get(number)
    why = "the disk is full" if number == errno.ENOSPC else os.strerror(number)
    return SPACE if advice is FULL else FILE, f"{why}; {advice}" if advice else why


@contextmanager
def naming(what: str, kind: type[ColorizingError] = PictureError, more: str = "") -> Iterator[None]:
    """Turn what the system refuses meanwhile into a ``kind`` of error: ``what``, why, what to do, ``more``.

    What is ours already passes, and so does what is no refusal.

    Examples:
        >>> with naming("old.jpg: cannot be read"):
        ...     raise OSError(5, "Input/output error")
        Traceback (most recent call last):
        colorizing_things.errors.PictureError: old.jpg: cannot be read: Input/output error; the disk or the network \
drive fails; save what is on it
    """
    try:
        yield
    except (ColorizingError, BrokenPipeError):  # nobody reads any more: no failure of the system's
        raise
    except Exception as error:
        found = explain(error)
        if found is None:
            raise
        raise refusal(f"{what}: {found[1]}{more}", found[0], kind) from error


def writing(path: Path) -> AbstractContextManager[None]:
    """Turn what the system refuses while a file is written into an error that names it."""
    return naming(f"{path}: cannot be written", ColorizingError)


def save_text(path: Path, text: str) -> None:
    """Write a text file, in UTF-8.

    Raises:
        ColorizingError: the system refuses it.
    """
    with writing(path):
        path.write_text(text, encoding="utf-8")


def refusal(message: str, refused: str, kind: type[ColorizingError] = PictureError) -> ColorizingError:
    """An error that says what was refused."""
    made = kind(message)
    made.refused = refused
    return made


def line(error: Exception, where: str) -> str:
    """Any error as one line that names ``where`` it happened."""
    if isinstance(error, ColorizingError):
        said = str(error)
    elif (found := explain(error)) is not None:
        named = str(error.filename or where) if isinstance(error, OSError) else where
        said = f"{named}: {found[1]}"
    else:  # of a library
        said = f"{where}: {type(error).__name__}: {error}"
    return " ".join(said.split())


def asked(question: Callable[[], bool], path: Path) -> bool:
    """The answer of ``path.exists``, ``path.is_dir`` or their like, which raise what the system refuses.

    Raises:
        PictureError: the system does not say; not where this system cannot have such a name: nothing is there.
    """
    try:
        with naming(f"{path}: cannot be looked at"):
            return question()
    except ValueError:  # a null character in the name
        return False
