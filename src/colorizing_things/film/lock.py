"""One run at a time: two that colour into the same new file would write over each other's work."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from colorizing_things.errors import PictureError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

LOCK = "lock"
HELD = {errno.EAGAIN, errno.EACCES}


@contextmanager
def locked(folder: Path, destination: Path) -> Iterator[None]:
    """Hold the folder of a film's work meanwhile; it is made if need be. What ends holds nothing any more.

    Raises:
        PictureError: another run holds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LOCK).open("ab") as file:
        if not _is_ours(file.fileno(), folder / LOCK):
            raise PictureError(
                f"{destination}: another run is colouring into it just now; wait for it, or name another file with -o"
            )
        yield


def _is_ours(descriptor: int, path: Path) -> bool:
    if fcntl is None:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:  # the other has just ended, and removed it
        return False
    except OSError as error:  # others: a drive that knows no locks
        return error.errno not in HELD
