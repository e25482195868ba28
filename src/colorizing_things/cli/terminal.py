"""What a terminal can show."""

from __future__ import annotations

import codecs
import json
import sys
from typing import Any


def shown(text: str) -> str:
    """A text with names in it, as the terminal can show it."""
    encoding = sys.stderr.encoding or "ascii"
    return text.encode(encoding, errors="backslashreplace").decode(encoding)


def json_text(content: Any, indent: int | None = None) -> str:
    """JSON as whoever reads our output can read it, whatever the locale: UTF-8, or escapes where that is not UTF-8."""
    utf8 = codecs.lookup(sys.stdout.encoding or "ascii").name == "utf-8"
    text = json.dumps(content, indent=indent, ensure_ascii=not utf8)
    try:
        text.encode()
    except UnicodeError:  # a name that is no text
        text = json.dumps(content, indent=indent)
    return text
