"""Settings that a recipe may give, checked before anything runs."""

from __future__ import annotations

from typing import Any

from colorizing_things.errors import SettingError


def chosen_decoding(given: dict[str, Any], defaults: dict[str, Any]) -> dict[str, Any]:
    """``defaults`` with what the recipe's ``decoding`` gives; a key that this method does not know is an error."""
    for key, value in given.items():
        if key not in defaults:
            raise SettingError(f"decoding: unknown setting {key!r}: choose {', '.join(defaults)}")
        if isinstance(value, bool) or not isinstance(value, (int, float)) or value <= 0:
            raise SettingError(f"decoding: {key} {value!r}: must be a number above 0")
    return {**defaults, **given}
