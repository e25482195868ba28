"""Hints in a film: the colour of a place at a moment, which holds for the shot."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from colorizing_things.errors import SettingError
from colorizing_things.guidance.hints import Hint

AT = re.compile(r"\s*([\d.:]+)\s*s?\s*:\s*(-?[\d.]+\s*,.*)")
CLOCK = re.compile(r"(?:(?:(\d+):)?(\d+):)?(\d+(?:\.\d+)?)s?")


@dataclass(frozen=True)
class FilmHint:
    """The colour of a place at a moment.

    Attributes:
        time: seconds from the film's start.
        hint: in the upright frame's own pixels.

    Examples:
        >>> said = FilmHint.parse("12.4s:120,340=#7a4a2b")
        >>> said.time, said.hint.x
        (12.4, 120.0)
    """

    time: float
    hint: Hint

    @classmethod
    def parse(cls, text: str) -> FilmHint:
        """As the command line has it: ``TIME:X,Y=#rrggbb``; the time as in :func:`seconds`.

        Raises:
            SettingError: written otherwise.
        """
        found = AT.fullmatch(text)
        if not found:
            raise SettingError(
                f"hint {text!r}: in a film write it as TIME:X,Y=#rrggbb, for example 12.4s:120,340=#7a4a2b"
            )
        return cls(seconds(found[1], "hint"), Hint.parse(found[2]))


def seconds(text: str, what: str) -> float:
    """A moment: ``12.4``, ``12.4s``, ``1:02.5`` or ``1:00:02``.

    Raises:
        SettingError: written otherwise.

    Examples:
        >>> seconds("12.4s", "from"), seconds("1:02:03.5", "to")
        (12.4, 3723.5)
    """
    found = CLOCK.fullmatch(text.strip())
    if not found:
        raise SettingError(f"{what} {text!r}: write a moment as 12.4s, 1:02.5 or 1:00:02")
    hours, minutes, rest = (float(part or 0) for part in found.groups())
    total = 3600 * hours + 60 * minutes + rest
    if not math.isfinite(total):
        raise SettingError(f"{what} {text!r}: is no moment")
    return total
