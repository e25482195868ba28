"""Tests wait for a state, not for seconds: another machine is slower, or quicker."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

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


def run_apart(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """What a coroutine gives, in a thread of its own: in the tests' thread Playwright's event loop may be at work."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, coroutine).result()
