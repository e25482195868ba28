"""What workers have begun: so what a dead one was at is looked through, and one that ends its process is given up."""

from __future__ import annotations

from collections import Counter


class Attempts:
    """An actor of Ray's. It knows each task, and of those that were given out again which photographs end processes."""

    def __init__(self) -> None:
        self._begun: set[int] = set()  # hashes of names: few bytes each, as there are many
        self._at: dict[str, str] = {}
        self._died: Counter[str] = Counter()

    def begin_task(self, worker: str, first: str) -> bool:
        """Worker begins with a task, known by its first photograph. Whether another had, and died or was lost since."""
        self._at.pop(worker, None)
        known = hash(first) in self._begun
        self._begun.add(hash(first))
        return known

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
