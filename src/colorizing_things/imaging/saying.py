"""What libvips complains of, as a person would say it: one line, true, with what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pyvips

from colorizing_things import faults
from colorizing_things.errors import PictureError

from .lightness import PixelError

DAMAGED = "the file is broken off or damaged; copy it again from where it came"
UNKNOWN = "the file is damaged, or of a kind that no decoder here knows"
UNWRITABLE = "try another place or another format"
NO_PICTURE = (
    "this is no picture in a format that is known here (JPEG, PNG, TIFF, WebP, AVIF, GIF, BMP, PSD, PNM, JPEG 2000,"
    " and with the extra [formats] HEIC and JPEG XL)"
)


@contextmanager
def as_picture_error(what: str, otherwise: str = UNKNOWN) -> Iterator[None]:
    """Turn libvips' many-lined complaint, or what the system refuses, into one line that starts with ``what``.

    ``otherwise`` is said of a complaint that nothing is known of.
    """
    try:
        with faults.naming(what):
            yield
    except PixelError as error:
        raise PictureError(f"{what}: {error}") from error
    except UnicodeDecodeError as error:  # libvips said something of the file's that is no text
        raise PictureError(f"{what}: {DAMAGED}") from error
    except pyvips.Error as error:
        said = [line.strip() for line in str(error.detail or error.message).splitlines() if line.strip()]
        raise PictureError(f"{what}: {explain(said, otherwise)}") from error


def explain(said: list[str], otherwise: str = UNKNOWN) -> str:
    """What libvips said, as a person would."""
    text = " ".join(said)
    if "not in a known format" in text or "not a known" in text:
        return NO_PICTURE
    truncated = ("premature", "Premature", "truncated", "end of file", "End of file", "out of bounds", "read error")
    damaged = ("Corrupt", "Read error", "Decoding error", "Bad code", "not yet in table", "unknown compression method")
    if not said or text.startswith("unable to") or any(word in text for word in (*truncated, *damaged)):
        return DAMAGED
    return f"{said[0]}; {otherwise}"
