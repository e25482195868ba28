"""Which photograph each worker is at: so one that ends its process is tried again once, and not for ever."""

from __future__ import annotations

from collections import Counter


class Attempts:
    """An actor of Ray's. It knows one name a worker, and those that a worker died with."""

    def __init__(self) -> None:
        self._at: dict[str, str] = {}
        self._died: Counter[str] = Counter()

    def begin(self, worker: str, source: str) -> int:
        """Worker says that it begins with this one, and so has ended its last. How many workers died with it before.

        A worker that is at the same photograph is taken for dead: no two are ever given the same one.
        """
        for other, at in list(self._at.items()):
            if at == source and other != worker:
                del self._at[other]
                self._died[source] += 1
        self._at[worker] = source
        return self._died[source]
