"""SIGTERM as an exception, in a module that loads next to nothing: who ends the command early should be heard."""

from __future__ import annotations

import signal


class Terminated(BaseException):
    """SIGTERM came."""


def heed_termination() -> None:
    """From now on SIGTERM raises :class:`Terminated`, for a container's first process too, which it would not reach."""
    signal.signal(signal.SIGTERM, _terminated)


def _terminated(*_: object) -> None:
    raise Terminated
