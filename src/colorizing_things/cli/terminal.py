"""What a terminal can show."""

from __future__ import annotations

import sys


def shown(text: str) -> str:
    """A text with names in it, as the terminal can show it."""
    encoding = sys.stderr.encoding or "ascii"
    return text.encode(encoding, errors="backslashreplace").decode(encoding)
