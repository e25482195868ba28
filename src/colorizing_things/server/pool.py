"""Work off the event loop: a few threads, a queue that ends, and a time limit."""

from __future__ import annotations

import asyncio
import math
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from starlette.requests import Request

from .errors import ApiError

Result = TypeVar("Result")

LOOK_UP = 0.25  # seconds between two looks at whether the client is still there
FIRST_GUESS, MEMORY = 1.0, 0.2  # seconds that work takes, and how much the latest counts for it
LONGEST_RETRY = 60
CLIENT_GONE = 499  # nobody reads this answer; logs and metrics do


class Deadline:
    """When a piece of work has to be done; the work itself asks now and then."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self._end, self._cut = seconds, time.monotonic() + seconds, False

    def cut(self) -> None:
        """Nobody waits any more."""
        self._cut = True

    def check(self) -> None:
        """Go on, or end here.

        Raises:
            ApiError: 504, the time is over.
        """
        if self._cut or time.monotonic() > self._end:
            raise self.missed()

    def missed(self) -> ApiError:
        """The answer when it is missed."""
        return ApiError(504, f"not done within {self.seconds:g} s; try a smaller picture, or when less is going on")


class Pool:
    """Runs work on ``workers`` threads and lets ``queue`` more pieces wait."""

    def __init__(self, workers: int, queue: int, seconds: float) -> None:
        self.workers, self.queue, self.seconds = workers, queue, seconds
        self._executor = ThreadPoolExecutor(workers, thread_name_prefix="request")
        self._lock = threading.Lock()
        self._deadlines: set[Deadline] = set()
        self._usual_seconds = FIRST_GUESS

    @property
    def pending(self) -> int:
        """Pieces running or waiting."""
        return len(self._deadlines)

    @property
    def running(self) -> int:
        """Pieces that a thread is busy with."""
        return min(self.pending, self.workers)

    @property
    def waiting(self) -> int:
        """Pieces that wait for a thread."""
        return self.pending - self.running

    async def run(self, request: Request, work: Callable[[Deadline], Result]) -> Result:
        """Do it on a thread, and wait for it.

        Args:
            request: whose client may leave; then the work is cut short.
            work: is given its deadline and should check it.

        Raises:
            ApiError: 429, the queue is full; 504, the time is over; 503, the server is shutting down.
        """
        deadline, future = self._submit(work)
        waiting = asyncio.wrap_future(future)
        leaving = asyncio.ensure_future(_client_left(request))
        try:
            both: set[asyncio.Future[Any]] = {waiting, leaving}
            await asyncio.wait(both, timeout=self.seconds, return_when=asyncio.FIRST_COMPLETED)
            if waiting.done():
                return waiting.result()
            raise ApiError(CLIENT_GONE, "the client has left") if leaving.done() else deadline.missed()
        except asyncio.CancelledError:
            if not future.cancelled():
                raise
            raise ApiError(503, "the server is shutting down") from None
        finally:
            deadline.cut()
            waiting.cancel()
            leaving.cancel()

    def close(self) -> None:
        """Cut everything short."""
        for deadline in list(self._deadlines):
            deadline.cut()
        self._executor.shutdown(wait=True, cancel_futures=True)

    def _submit(self, work: Callable[[Deadline], Result]) -> tuple[Deadline, Future[Result]]:
        deadline = Deadline(self.seconds)
        with self._lock:
            if self.pending >= self.workers + self.queue:
                wait = min(LONGEST_RETRY, max(1, math.ceil(self._usual_seconds * self.pending / self.workers)))
                raise ApiError(429, f"too much to do just now; try again in {wait} s", {"Retry-After": str(wait)})
            try:
                future = self._executor.submit(self._timed, work, deadline)
            except RuntimeError:
                raise ApiError(503, "the server is shutting down") from None
            self._deadlines.add(deadline)
        future.add_done_callback(lambda _: self._ended(deadline))
        return deadline, future

    def _timed(self, work: Callable[[Deadline], Result], deadline: Deadline) -> Result:
        deadline.check()
        started = time.monotonic()
        result = work(deadline)
        self._usual_seconds += MEMORY * (time.monotonic() - started - self._usual_seconds)
        return result

    def _ended(self, deadline: Deadline) -> None:
        with self._lock:
            self._deadlines.discard(deadline)


async def _client_left(request: Request) -> None:
    while not await request.is_disconnected():
        await asyncio.sleep(LOOK_UP)
