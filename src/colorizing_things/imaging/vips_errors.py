"""What libvips complains of, as a person would say it: one line, true, with what to do."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pyvips

from colorizing_things.errors import PictureError
from colorizing_things.system import faults

from .lightness import PixelError

DAMAGED = "the file is broken off or damaged; copy it again from where it came"
UNKNOWN = "the file is damaged, or of a kind that no decoder here knows"
UNWRITABLE = "try another place or another format"
NO_REASON = "a part of it was refused, and nothing says why"
NO_PICTURE = (
    "this is no picture in a format that is known here (JPEG, PNG, TIFF, WebP, AVIF, GIF, BMP, PSD, PNM, JPEG 2000,"
    " and with the extra [formats] HEIC and JPEG XL)"
)

ASKED_BYTES = 1 << 20


@contextmanager
def as_picture_error(what: str, otherwise: str = UNKNOWN, ask: Callable[[], object] | None = None) -> Iterator[None]:
    """Turn libvips' many-lined complaint, or what the system refuses, into one line that starts with ``what``.

    ``otherwise`` is said of a complaint that nothing is known of. ``ask`` raises what the system says of the file by
    itself: libvips keeps one list of complaints for all threads, so another picture's thread may have taken ours.
    """
    try:
        with faults.naming(what), _asking(ask):
            yield
    except PixelError as error:
        raise PictureError(f"{what}: {error}") from error
    except UnicodeDecodeError as error:  # libvips said something of the file's that is no text
        raise PictureError(f"{what}: {DAMAGED}") from error
    except pyvips.Error as error:
        said = [line.strip() for line in str(error.detail or error.message).splitlines() if line.strip()]
        raise PictureError(f"{what}: {explain(said, otherwise)}") from error


@contextmanager
def _asking(ask: Callable[[], object] | None) -> Iterator[None]:
    try:
        yield
    except pyvips.Error:
        if ask is not None:
            ask()
        raise


def ask_to_read(path: Path) -> None:
    """Read all of a file, for what the system has to say.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb", buffering=0) as file:
        while file.read(ASKED_BYTES):
            pass


def ask_to_write(path: Path) -> None:
    """Add to a file that is given up, for what the system has to say.

    Raises:
        OSError: it cannot be written.
    """
    with path.open("ab", buffering=0) as file:
        file.write(bytes(ASKED_BYTES))
        os.fsync(file.fileno())


def explain(said: list[str], otherwise: str = UNKNOWN) -> str:
    """What libvips said, as a person would."""
    text = " ".join(said)
    if "not in a known format" in text or "not a known" in text:
        return NO_PICTURE
    truncated = ("premature", "Premature", "truncated", "end of file", "End of file", "out of bounds", "read error")
    damaged = ("Corrupt", "Read error", "Decoding error", "Bad code", "not yet in table", "unknown compression method")
    if not said or text.startswith("unable to") or any(word in text for word in (*truncated, *damaged)):
        return DAMAGED
    if said[0] == "wbuffer_write: write failed":  # libvips' writing thread, whose own complaint another thread took
        return f"{NO_REASON}; {otherwise}"
    return f"{said[0]}; {otherwise}"
