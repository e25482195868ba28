"""Ctrl-C and SIGTERM end the command in one line, from its start: a module that loads next to nothing."""

from __future__ import annotations

import os
import signal
import sys

STOPPED = ("stopped; run the same command again to go on", 130)
TERMINATED = ("ended from outside; run the same command again to go on", 143)


class Terminated(BaseException):
    """SIGTERM came."""


def raise_on_sigterm() -> None:
    """From now on SIGTERM raises :class:`Terminated`, for a container's first process too, which it would not reach."""
    signal.signal(signal.SIGTERM, _terminated)


def _terminated(*_: object) -> None:
    raise Terminated


def exit_if_interrupted(error: BaseException | None) -> None:
    """Where Ctrl-C or SIGTERM is behind it, say so and end at once: what other threads have begun to write is removed,
    and not waited for.
    """
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        if isinstance(error, KeyboardInterrupt | Terminated):
            _leave(*STOPPED if isinstance(error, KeyboardInterrupt) else TERMINATED)
        error = error.__cause__ or error.__context__  # what C code has made of it


def _leave(message: str, code: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        if writing := sys.modules.get("colorizing_things.imaging.writing"):
            writing.remove_unfinished()
        os.write(2, f"colorize: {message}\n".encode())
        sys.stdout.flush()
    finally:
        os._exit(code)
