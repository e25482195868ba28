"""Settings that a recipe may give, checked before anything runs."""

from __future__ import annotations

from typing import Any

from colorizing_things.errors import SettingError
from colorizing_things.lab.kinds import check_kind

ABOVE_ZERO = ("size", "temperature", "chroma")


def chosen_decoding(given: dict[str, Any], defaults: dict[str, Any]) -> dict[str, Any]:
    """``defaults`` with what the recipe's ``decoding`` gives.

    Raises:
        SettingError: a key that is not among the defaults, a value of another kind, or one that must be above 0.
    """
    for key, value in given.items():
        if key not in defaults:
            choices = f"choose {', '.join(defaults)}" if defaults else "this method takes none"
            raise SettingError(f"decoding: unknown setting {key!r}: {choices}")
        check_kind(f"decoding.{key}", value, defaults[key])
        if key in ABOVE_ZERO and value <= 0:
            raise SettingError(f"decoding.{key}: {value} must be above 0")
    return {**defaults, **given}
