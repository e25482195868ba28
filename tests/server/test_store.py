from __future__ import annotations

import pytest

from colorizing_things import Picture

pytest.importorskip("fastapi")
from colorizing_things.server.errors import ApiError
from colorizing_things.server.store import Store, StoredSession


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def keep(colorizer, old_jpg):
    data = old_jpg.read_bytes()
    return lambda: StoredSession("old.jpg", data, colorizer.session(Picture.decode(data)))


def test_sessions_expire_after_their_last_use(keep):
    clock = Clock()
    store = Store(9, 2**30, 10, clock)
    first, second = keep(), keep()
    store.add(first)
    store.add(second)
    clock.now = 9
    store.get(first.id)
    clock.now = 11
    store.sweep()
    assert len(store) == 1 and store.get(first.id) is first
    clock.now = 22
    with pytest.raises(ApiError):
        store.get(first.id)
    assert store.bytes == 0


def test_the_least_recently_used_goes_first_by_bytes_too(keep):
    stored = [keep() for _ in range(3)]
    store = Store(9, 2 * stored[0].bytes, 10)
    store.add(stored[0])
    store.add(stored[1])
    store.get(stored[0].id)
    store.add(stored[2])
    assert store.bytes == 2 * stored[0].bytes > 2 * len(stored[0].data)
    with pytest.raises(ApiError):
        store.drop(stored[1].id)
    store.drop(stored[0].id)
    assert len(store) == 1
