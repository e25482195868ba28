"""What a terminal can show."""

from __future__ import annotations

import codecs
import json
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, ProgressColumn


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


def bar(*columns: ProgressColumn, console: Console, wanted: bool = True) -> Progress:
    """A bar that goes when all is done; where nobody would see it move, not even the empty line that rich leaves."""
    from rich.progress import Progress

    class Bar(Progress):
        def stop(self) -> None:
            self.live.stop()

    return Bar(*columns, console=console, disable=not (wanted and console.is_interactive), transient=True)
