"""Tests wait for a state, not for seconds: another machine is slower, or quicker."""

from __future__ import annotations

import time
from collections.abc import Callable

PATIENCE = 300.0  # seconds, for the slowest machine; who waits so long has met a fault


def until(state: Callable[[], object], patience: float = PATIENCE) -> None:
    """Wait until ``state()`` is true.

    Raises:
        AssertionError: it never became so.
    """
    end = time.monotonic() + patience
    while not state():
        assert time.monotonic() < end, "what was waited for never came"
        time.sleep(0.01)
