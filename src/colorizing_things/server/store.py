"""The sessions and films of a server: stored while they are used, dropped when they are not or are too many."""

from __future__ import annotations

import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from colorizing_things.color.chroma import Chroma
from colorizing_things.guidance.hints import Hint
from colorizing_things.guidance.variants import check_index
from colorizing_things.imaging.picture import Picture
from colorizing_things.session import Session

from .errors import ApiError
from .pool import Deadline


@dataclass
class StoredSession:
    """One session: the uploaded bytes, by the client's name for them, and what the core knows of the picture.

    The last set of variants is stored, because a client that asked for them will ask for one of them.
    """

    name: str
    data: bytes
    session: Session
    id: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    used: float = 0.0
    _drawn: tuple[Any, list[Chroma]] | None = None
    _reference: int = 0  # counts changes, so that variants of an older one are not taken for the present one's

    @property
    def bytes(self) -> int:
        """What it holds, near enough."""
        return len(self.data) + self.session.picture.nbytes + self.session.seen.nbytes

    def close(self) -> None:
        """Let go of it: memory goes by itself."""

    def variants(
        self, shown: Session, count: int, seed: int, hints: Sequence[Hint], deadline: Deadline
    ) -> list[Chroma]:
        """As :meth:`.Session.variants`; ``shown`` is the session at a client's mood.

        Raises:
            ApiError: the deadline is missed, or whoever asked has left.
        """
        key, last = (shown.mood, shown.options.seed, count, seed, tuple(hints), self._reference), self._drawn
        if last is not None and last[0] == key:
            return last[1]
        drawn = []
        for chroma in shown.each_variant(count, seed, hints):
            drawn.append(chroma)
            deadline.check()
        self._drawn = (key, drawn)
        return drawn

    def variant(
        self, shown: Session, index: int, count: int, seed: int, hints: Sequence[Hint], deadline: Deadline
    ) -> Chroma:
        """As :meth:`.Session.variant`."""
        check_index(index, count)
        if shown.seen.card.has_noise:
            return shown.variant(index, count, seed, hints)
        return self.variants(shown, count, seed, hints, deadline)[index]

    def set_reference(self, other: Picture | None) -> None:
        """As :meth:`.Session.set_reference`."""
        self.session.set_reference(other)
        self._reference += 1
        self._drawn = None


class Storable(Protocol):
    """What a store holds."""

    id: str
    used: float

    @property
    def bytes(self) -> int:
        """What it takes, near enough."""

    def close(self) -> None:
        """It is not held any longer."""


Stored = TypeVar("Stored", bound=Storable)


class Store(Generic[Stored]):
    """Sessions, or films, by id, the least recently used first. May be used from many threads."""

    def __init__(
        self, most: int, most_bytes: int, seconds: float, clock: Callable[[], float] = time.monotonic,
        what: str = "session", again: str = "the picture",
    ) -> None:  # fmt: skip
        """``most`` of ``most_bytes`` together, each for ``seconds`` after its last use; called ``what``."""
        self.most, self.most_bytes, self.seconds, self._clock = most, most_bytes, seconds, clock
        self._gone = f"no such {what}: it never was, or it expired; send {again} again"
        self._sessions: OrderedDict[str, Stored] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._sessions)

    @property
    def bytes(self) -> int:
        """What all of them hold."""
        with self._lock:
            return sum(stored.bytes for stored in self._sessions.values())

    def add(self, stored: Stored) -> None:
        """Keep one; the least recently used ones make room for it."""
        with self._lock:
            stored.used = self._clock()
            self._sessions[stored.id] = stored
            total = sum(other.bytes for other in self._sessions.values())
            while len(self._sessions) > self.most or (total > self.most_bytes and len(self._sessions) > 1):
                total -= next(iter(self._sessions.values())).bytes
                self._drop_first()

    def get(self, session_id: str) -> Stored:
        """One, which counts as a use of it.

        Raises:
            ApiError: 404, unknown or expired.
        """
        with self._lock:
            self._drop_expired()
            stored = self._sessions.get(session_id)
            if stored is None:
                raise ApiError(404, self._gone)
            stored.used = self._clock()
            self._sessions.move_to_end(session_id)
            return stored

    def drop(self, session_id: str) -> None:
        """Forget one.

        Raises:
            ApiError: 404, unknown or expired.
        """
        stored = self.get(session_id)
        with self._lock:
            self._sessions.pop(session_id, None)
        stored.close()

    def sweep(self) -> None:
        """Forget what has expired."""
        with self._lock:
            self._drop_expired()

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            while self._sessions:
                self._drop_first()

    def _drop_first(self) -> None:
        self._sessions.popitem(last=False)[1].close()

    def _drop_expired(self) -> None:
        oldest = self._clock() - self.seconds
        while self._sessions and next(iter(self._sessions.values())).used < oldest:
            self._drop_first()
