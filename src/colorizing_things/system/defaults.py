"""Values that the command's help shows, in a module that loads nothing."""

from __future__ import annotations

from .processes import cores

MODEL = "default"
MAX_PIXELS = 2_000_000_000  # generous: a 40,000 x 50,000 scan


def jobs() -> int:
    """How many pictures at once: two keep decoding, network and encoding from waiting for each other."""
    return min(2, cores())
