"""Work that nobody waits for any longer: it is told from another thread, and ends soon."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, wait
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

LOOK_UP = 0.5  # s: where a wait cannot be interrupted (Windows), Ctrl-C is heard so often
Result = TypeVar("Result")


class Stopped(Exception):  # noqa: N818 - no error: somebody asked for it
    """Raised inside work that is cut short."""


class Stop:
    """A piece of work's: asked once, for good, from any thread. One of ``parents`` that is asked asks this one too."""

    def __init__(self, *parents: Stop) -> None:
        self.parents = parents
        self._lock, self._asked = threading.Lock(), False
        self._listeners: dict[object, Callable[[], None]] = {}

    @property
    def asked(self) -> bool:
        """Whether the work is to end."""
        return self._asked or any(parent.asked for parent in self.parents)

    def ask(self) -> None:
        """End the work soon."""
        with self._lock:
            self._asked = True
            listeners = list(self._listeners.values())
        for listener in listeners:
            listener()

    def check(self) -> None:
        """Go on, or end here.

        Raises:
            Stopped: it was asked for.
        """
        if self.asked:
            raise Stopped

    @contextmanager
    def telling(self, listener: Callable[[], None]) -> Iterator[None]:
        """Meanwhile call ``listener``, once at most, from the thread that asks: it ends what cannot ask by itself.

        Raises:
            Stopped: it was asked for already, or the work ended early because it was.
        """
        self._listen(key := object(), listener)
        try:
            self.check()
            yield
        except Exception:
            self.check()
            raise
        finally:
            self._forget(key)

    def _listen(self, key: object, listener: Callable[[], None]) -> None:
        with self._lock:
            self._listeners[key] = listener
        for parent in self.parents:
            parent._listen(key, listener)

    def _forget(self, key: object) -> None:
        with self._lock:
            self._listeners.pop(key, None)
        for parent in self.parents:
            parent._forget(key)


_current: ContextVar[Stop] = ContextVar("stop", default=Stop())  # noqa: B039 - nobody asks this one


def current() -> Stop:
    """Of the work that this thread does."""
    return _current.get()


@contextmanager
def stoppable_by(stop: Stop) -> Iterator[None]:
    """What this thread does meanwhile can be stopped by it."""
    token = _current.set(stop)
    try:
        yield
    finally:
        _current.reset(token)


def interruptible(work: Callable[[], Result], *parents: Stop) -> Result:
    """Do it so that ``parents``, this thread's own stop and, on the main thread, Ctrl-C end it soon.

    Python runs a signal's handler on the main thread, at times within a function that C calls, where an exception is
    lost. So there another thread does the work, and this one waits.
    """
    stop = Stop(current(), *parents)
    done: Future[Result] = Future()

    def do() -> None:
        try:
            with stoppable_by(stop):
                done.set_result(work())
        except BaseException as error:
            done.set_exception(error)

    if threading.current_thread() is not threading.main_thread():
        do()
        return done.result()
    thread = threading.Thread(target=do, name="coloring")
    thread.start()
    try:
        while not wait((done,), LOOK_UP).done:
            pass
    except BaseException:
        stop.ask()
        thread.join()
        raise
    return done.result()
