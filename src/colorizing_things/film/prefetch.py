"""Work of several threads on one stream: each stage a little ahead of the next."""

from __future__ import annotations

import queue
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from typing import Any, TypeVar

Item = TypeVar("Item")
Made = TypeVar("Made")
WAIT = 0.1  # s between looks at whether anybody still wants more


def prefetch(items: Iterable[Item], depth: int) -> Iterator[Item]:
    """The same items, made in a thread of their own, at most ``depth`` ahead. Its errors are raised here.

    What stops this thread's work (:mod:`colorizing_things.system.stopping`) stops that one's.
    """
    ready: queue.Queue[tuple[bool, Any]] = queue.Queue(depth)
    unwanted = threading.Event()

    def put(is_item: bool, what: Any) -> bool:
        while not unwanted.is_set():
            try:
                ready.put((is_item, what), timeout=WAIT)
                return True
            except queue.Full:
                continue
        return False

    def work() -> None:
        source = iter(items)
        try:
            for item in source:
                if not put(True, item):
                    return
            put(False, None)
        except BaseException as error:
            put(False, error)
        finally:
            getattr(source, "close", lambda: None)()

    thread = threading.Thread(target=copy_context().run, args=(work,), daemon=True, name="film")
    thread.start()
    try:
        while True:
            is_item, what = ready.get()
            if is_item:
                yield what
            elif what is None:
                return
            else:
                raise what
    finally:
        unwanted.set()
        thread.join()


def in_order(
    items: Iterable[Item], make: Callable[[Item], Made], pool: ThreadPoolExecutor, depth: int
) -> Iterator[tuple[Item, Made]]:
    """Items and what a pool makes of each, in order, at most ``depth`` ahead."""
    waiting: deque[tuple[Item, Future[Made]]] = deque()
    for item in items:
        waiting.append((item, pool.submit(make, item)))
        if len(waiting) > depth:
            first, future = waiting.popleft()
            yield first, future.result()
    while waiting:
        first, future = waiting.popleft()
        yield first, future.result()
