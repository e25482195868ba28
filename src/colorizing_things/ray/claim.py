"""One run at a time into one place: two would colour the same photographs, and tell of them twice.

A bucket has no locks. So a run keeps a small file among the manifest's, under a name of its own, and writes it anew
every few seconds; one that is written no more is of a run that has ended without a word.
"""

from __future__ import annotations

import json
import os
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from colorizing_things.errors import PictureError
from colorizing_things.imaging.writing import is_alive

from .manifest import FOLDER
from .place import Place

PREFIX = "_run-"  # what reads parquet folders passes over such names
BEAT = 10.0  # s from one writing to the next
SILENT = 60.0  # s after which a run that has not written is taken for ended
LOOK = 0.5  # s from one look at another run's file to the next


@contextmanager
def claimed(out: Place) -> Iterator[None]:
    """Hold a place meanwhile.

    Raises:
        PictureError: another run holds it, or nothing can be written there.
    """
    name = f"{FOLDER}/{PREFIX}{uuid.uuid4().hex}"
    _beat(out, name, 0)
    ended = threading.Event()
    beating = threading.Thread(target=_beat_on, args=(out, name, ended), daemon=True, name="claim")
    beating.start()
    try:
        _check_others(out, name)
        yield
    finally:
        ended.set()
        beating.join()
        _forget(out, name)


def _beat(out: Place, name: str, beat: int) -> None:
    said = {"host": socket.gethostname(), "process": os.getpid(), "beat": beat}
    out.write(name, json.dumps(said).encode())


def _beat_on(out: Place, name: str, ended: threading.Event) -> None:
    beat = 0
    while not ended.wait(BEAT):
        beat += 1
        with suppress(PictureError):  # the store is away for a moment
            _beat(out, name, beat)


def _check_others(out: Place, own: str) -> None:
    """Refuse to go on beside a living run; remove what dead ones have left. Two that begin at once are both refused."""
    for about in out.listing(FOLDER):
        name = f"{FOLDER}/{about.base_name}"
        if about.base_name.startswith(PREFIX) and name != own:
            _wait_for_end(out, name)
            _forget(out, name)


def _wait_for_end(out: Place, name: str) -> None:
    first, since = _said(out, name), time.monotonic()
    while (now := _said(out, name)) is not None and time.monotonic() - since < SILENT:
        host, process = now.get("host"), now.get("process")
        if host == socket.gethostname() and isinstance(process, int) and not is_alive(process):
            return
        if now != first:
            raise PictureError(
                f"{out.address}: another run is colouring into it ({_who(now)}); wait for it, or give"
                " another folder with -o"
            )
        time.sleep(LOOK)


def _who(said: dict[str, object]) -> str:
    return f"process {said.get('process', 'unknown')} on {said.get('host', 'an unknown host')}"


def _said(out: Place, name: str) -> dict[str, object] | None:
    """What a run has written last, nothing where that cannot be read; None: its file is gone."""
    try:
        with out.lent(name) as path:
            data = path.read_bytes()
    except (PictureError, OSError):
        if out.has(name):
            raise
        return None
    try:
        found = json.loads(data)
    except ValueError:  # cut short by whoever was killed; a run that lives soon writes it anew
        return {}
    return found if isinstance(found, dict) else {}


def _forget(out: Place, name: str) -> None:
    with suppress(PictureError):
        out.remove(name)
