"""moto's S3 server, which keeps what it is given in files that are open only while they are used.

    python benchmarks/store.py FOLDER PORT

By itself it keeps an open file for each object, and a process may have some tens of thousands of those.
"""

from __future__ import annotations

import sys
import tempfile
import uuid
from pathlib import Path
from types import SimpleNamespace

from moto.s3 import models
from moto.server import main


class Kept:
    """What moto asks of a temporary file: written whole, and read whole."""

    def __init__(self, *_: object, **__: object) -> None:
        self.path = Path(sys.argv[1]) / uuid.uuid4().hex
        self.is_read = False

    def seek(self, _: int) -> None:
        """To the beginning, the only place that it is asked for."""
        self.is_read = False

    def truncate(self) -> None:
        """Before it is written."""
        self.path.write_bytes(b"")

    def write(self, data: bytes) -> None:
        """All there is."""
        self.path.write_bytes(data)

    def read(self, _: int = -1) -> bytes:
        """All there is, then nothing."""
        self.is_read, was_read = True, self.is_read
        return b"" if was_read else self.path.read_bytes()

    def close(self) -> None:
        """The object is gone."""
        self.path.unlink(missing_ok=True)


if __name__ == "__main__":
    models.tempfile = SimpleNamespace(SpooledTemporaryFile=Kept, NamedTemporaryFile=tempfile.NamedTemporaryFile)
    main(["-H", "127.0.0.1", "-p", sys.argv[2]])
