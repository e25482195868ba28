"""Checks of settings: known names, and values of the same type as their defaults."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from typing import Any

from colorizing_things.errors import SettingError

NAMES = {bool: "true or false", int: "a whole number", float: "a number", str: "a word", dict: "a table of settings"}
ABOVE_ZERO = ("size", "temperature", "chroma")


def check_type(key: str, value: Any, default: Any) -> None:
    """Refuse a value of another type than ``default``; where that is None, nothing is known, and all will do.

    A whole number is a number, true and false are neither, and a list has as many members as its default.

    Raises:
        SettingError: it is of another type, or not finite.
    """
    if default is None or default is inspect.Parameter.empty:
        return
    if isinstance(default, tuple | list):
        if not isinstance(value, tuple | list) or len(value) != len(default):
            raise SettingError(f"{key}: {value!r} is not a list of {len(default)}")
        for member, usual in zip(value, default, strict=True):
            check_type(key, member, usual)
        return
    expected = type(default)
    fits = isinstance(value, (int, float) if expected is float else expected)
    if not fits or (isinstance(value, bool) and expected is not bool):
        raise SettingError(f"{key}: {value!r} is not {NAMES[expected]}")
    if isinstance(value, float) and not math.isfinite(value):
        raise SettingError(f"{key}: {value} is not finite")


def check_arguments(what: str, given: dict[str, Any], takes: Callable[..., Any], of: str = "") -> None:
    """Refuse settings that ``takes`` has no parameter for, or of another type than its default.

    Args:
        what: they are called in the message: ``network_settings``.
        given: the settings.
        takes: the class or function that they are handed to by name.
        of: whose they are, for the message.

    Raises:
        SettingError: a key or a value that cannot work.
    """
    known = {name: p for name, p in inspect.signature(takes).parameters.items() if name not in ("self", "size")}
    for key, value in given.items():
        if key not in known:
            raise SettingError(f"unknown {what} {key!r}{of and ' of '}{of}: choose {', '.join(known) or 'none'}")
        check_type(f"{what}.{key}", value, known[key].default)


def merge_decoding(given: dict[str, Any], defaults: dict[str, Any]) -> dict[str, Any]:
    """``defaults`` with what the recipe's ``decoding`` gives.

    Raises:
        SettingError: a key that is not among the defaults, a value of another type, or one that must be above 0.
    """
    for key, value in given.items():
        if key not in defaults:
            choices = f"choose {', '.join(defaults)}" if defaults else "this method takes none"
            raise SettingError(f"decoding: unknown setting {key!r}: {choices}")
        check_type(f"decoding.{key}", value, defaults[key])
        if key in ABOVE_ZERO and value <= 0:
            raise SettingError(f"decoding.{key}: {value} must be above 0")
    return {**defaults, **given}
