"""Work off the event loop: a few threads, a queue that ends and lets the urgent pass, and a time limit."""

from __future__ import annotations

import asyncio
import heapq
import math
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from enum import IntEnum
from functools import partial
from itertools import count
from typing import Any, TypeVar

from starlette.requests import Request

from colorizing_things.system import stopping
from colorizing_things.system.stopping import Stop, Stopped

from .errors import ApiError

Result = TypeVar("Result")

FIRST_GUESS, MEMORY = 1.0, 0.2  # seconds that work takes, and how much the latest counts for it
LONGEST_RETRY = 60
CLIENT_GONE = 499  # nobody reads this answer; logs and metrics do


class Urgency(IntEnum):
    """Which of the waiting pieces comes first; among equals the oldest."""

    NOW = 0  # a hand waits for it: a hint's colours, a palette
    SOON = 1  # a picture opened, shown, downloaded
    LATER = 2  # variants


Piece = tuple[Urgency, int, Callable[[], None], Future[Any]]  # the number makes the oldest the first


class Deadline:
    """When a piece of work has to be done; the work itself asks now and then."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self._end, self.stop = seconds, time.monotonic() + seconds, Stop()

    def cut(self) -> None:
        """Nobody waits any more."""
        self.stop.ask()

    def check(self) -> None:
        """Go on, or end here.

        Raises:
            ApiError: 504, the time is over.
        """
        if self.stop.asked or time.monotonic() > self._end:
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
        self._waiting: list[Piece] = []  # a heap
        self._numbers = count()
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

    async def run(
        self, request: Request, work: Callable[[Deadline], Result], urgency: Urgency = Urgency.SOON
    ) -> Result:
        """Do it on a thread, and wait for it.

        Args:
            request: whose client may leave; then the work is not begun, or cut short.
            work: is given its deadline and should check it.
            urgency: what it may pass in the queue.

        Raises:
            ApiError: 429, the queue is full; 504, the time is over; 503, the server is shutting down.
        """
        deadline, future = self.submit(work, urgency)
        waiting = asyncio.wrap_future(future)
        leaving = asyncio.ensure_future(_client_left(request))
        try:
            both: set[asyncio.Future[Any]] = {waiting, leaving}
            await asyncio.wait(both, timeout=self.seconds, return_when=asyncio.FIRST_COMPLETED)
            if waiting.done():
                return waiting.result()
            raise ApiError(CLIENT_GONE, "the client has left") if leaving.done() else deadline.missed()
        except Stopped:  # cut short, and not by this request's own time: by close()
            raise ApiError(503, "the server is shutting down") from None
        except asyncio.CancelledError:
            if not future.cancelled():
                raise  # the whole request is cancelled
            raise ApiError(503, "the server is shutting down") from None
        finally:
            deadline.cut()
            waiting.cancel()
            leaving.cancel()

    def close(self) -> None:
        """Cut everything short."""
        for deadline in list(self._deadlines):
            deadline.cut()
        for *_, future in list(self._waiting):
            future.cancel()
        self._executor.shutdown(wait=True, cancel_futures=True)

    def submit(self, work: Callable[[Deadline], Result], urgency: Urgency) -> tuple[Deadline, Future[Result]]:
        """Have it done on a thread; whoever no longer waits for it cuts its deadline. As :meth:`run`, without waiting.

        Raises:
            ApiError: 429, the queue is full; 503, the server is shutting down.
        """
        deadline, future = Deadline(self.seconds), Future[Result]()
        with self._lock:
            if self.pending >= self.workers + self.queue:
                wait = min(LONGEST_RETRY, max(1, math.ceil(self._usual_seconds * self.pending / self.workers)))
                raise ApiError(429, f"too much to do just now; try again in {wait} s", {"Retry-After": str(wait)})
            try:
                self._executor.submit(self._do_the_most_urgent)
            except RuntimeError:
                raise ApiError(503, "the server is shutting down") from None
            piece: Piece = (urgency, next(self._numbers), partial(self._do, work, deadline, future), future)
            heapq.heappush(self._waiting, piece)
            self._deadlines.add(deadline)
        future.add_done_callback(lambda _: self._ended(deadline))
        return deadline, future

    def _do_the_most_urgent(self) -> None:
        with self._lock:
            *_, work, _ = heapq.heappop(self._waiting)
        work()

    def _do(self, work: Callable[[Deadline], Result], deadline: Deadline, future: Future[Result]) -> None:
        if not future.set_running_or_notify_cancel():
            return
        try:
            deadline.check()
            started = time.monotonic()
            with stopping.stoppable_by(deadline.stop):
                result = work(deadline)
            future.set_result(result)
            self._usual_seconds += MEMORY * (time.monotonic() - started - self._usual_seconds)
        except BaseException as error:  # whoever waits is told
            future.set_exception(error)

    def _ended(self, deadline: Deadline) -> None:
        with self._lock:
            self._deadlines.discard(deadline)


async def _client_left(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
