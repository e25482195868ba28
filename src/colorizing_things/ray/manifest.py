"""The manifest: what became of every photograph, in parquet files beside the results, which a later run reads."""

from __future__ import annotations

import io
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from .place import Place

FOLDER = "manifest.parquet"  # of files, as pandas, DuckDB, Spark and Arrow read it as one table
SECONDS = 30.0  # after which rows are written: what a killed run finds again by looking for the results themselves
ROWS = 50_000
SCHEMA = pa.schema({
    "source": pa.string(), "destination": pa.string(), "checksum": pa.string(), "seconds": pa.float64(),
    "error": pa.string(), "status": pa.string(), "note": pa.string(), "width": pa.int64(), "height": pa.int64(),
    "pages": pa.int64(),
})  # fmt: skip


class Manifest:
    """Written by one process, a file every half minute; each appears whole."""

    def __init__(self, out: Place) -> None:
        self.out = out
        self._run = f"{time.strftime('%Y%m%dT%H%M%S')}-{uuid.uuid4().hex[:8]}"
        self._rows: list[pa.Table] = []
        self._parts, self._since = 0, 0.0

    @classmethod
    @contextmanager
    def open(cls, out: Place) -> Iterator[Self]:
        """What was added is written when the ``with`` ends, whatever ended it."""
        manifest = cls(out)
        try:
            yield manifest
        finally:
            manifest.flush()

    def add(self, rows: pa.Table) -> None:
        """Take rows of :data:`SCHEMA`.

        Raises:
            PictureError: they cannot be written.
        """
        if not self._rows:
            self._since = time.monotonic()
        self._rows.append(rows)
        if time.monotonic() - self._since > SECONDS or sum(map(len, self._rows)) >= ROWS:
            self.flush()

    def flush(self) -> None:
        """Write what is waiting.

        Raises:
            PictureError: it cannot be written.
        """
        if self._rows:
            file = io.BytesIO()
            pq.write_table(pa.concat_tables(self._rows), file)
            self.out.write(f"{FOLDER}/part-{self._run}-{self._parts:05}.parquet", file.getvalue())
            self._parts += 1
            self._rows = []


def read(out: Place, columns: list[str] | None = None) -> pa.Table:
    """All rows of all runs, in no order. A photograph that failed has one of each run that tried it.

    Raises:
        PictureError: it cannot be read.
    """
    names = [f"{FOLDER}/{about.base_name}" for about in out.listing(FOLDER) if about.base_name.endswith(".parquet")]
    tables = [SCHEMA.empty_table() if columns is None else SCHEMA.empty_table().select(columns)]
    for name in names:
        with out.lent(name) as path:
            tables.append(pq.read_table(path, columns=columns))
    return pa.concat_tables(tables)


def finished_sources(out: Place) -> set[str]:
    """Sources that need nothing more: done, or left out. Those that failed are tried again."""
    rows = read(out, ["source", "status"])
    return set(rows.filter(pc.field("status") != "failed")["source"].to_pylist())
