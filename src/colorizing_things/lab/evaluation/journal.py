"""The journal: one line a scored picture, appended as it is done, found again by key after a kill."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from colorizing_things.lab.metrics.base import Record
from colorizing_things.system import faults

START = b'{"key": "'
KEY_LENGTH = 64


class Journal:
    """Records on disk. Only their places are held in memory, so ten thousand pictures cost a megabyte.

    A line cut short by a kill is dropped when the journal is opened again; every other line counts.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("a+b")
        self._places: dict[str, int] = {}
        self._scan()

    def _scan(self) -> None:
        self._file.seek(0)
        place = 0
        for line in self._file:
            if not line.endswith(b"\n"):
                break
            if line.startswith(START):
                self._places[line[len(START) : len(START) + KEY_LENGTH].decode("ascii", "replace")] = place
            place += len(line)
        self._file.truncate(place)

    def __contains__(self, key: str) -> bool:
        return key in self._places

    def append(self, key: str, record: Record) -> None:
        """Add one record; it is on its way to the disk when this returns."""
        line = json.dumps({"key": key, "record": {name: _pack(value) for name, value in record.items()}})
        self._file.seek(0, 2)
        self._places[key] = self._file.tell()
        with faults.writing(self.path):
            self._file.write(line.encode() + b"\n")
            self._file.flush()

    def read(self, key: str) -> Record:
        """One record."""
        self._file.seek(self._places[key])
        packed = json.loads(self._file.readline())["record"]
        return {name: _unpack(value) for name, value in packed.items()}

    def close(self) -> None:
        """Close the file."""
        with faults.writing(self.path):
            self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def _pack(value: npt.NDArray[np.floating]) -> Any:
    """Numbers as they are (Python writes the shortest text that reads back the same), arrays as base64."""
    if value.ndim == 0:
        return float(value)
    value = np.ascontiguousarray(value)
    little = value.astype(value.dtype.newbyteorder("<"), copy=False)
    return {
        "dtype": little.dtype.str,
        "shape": value.shape,
        "data": base64.b64encode(little.tobytes()).decode(),
    }


def _unpack(value: Any) -> npt.NDArray[np.floating]:
    if not isinstance(value, dict):
        return np.asarray(value, np.float64)
    data = np.frombuffer(base64.b64decode(value["data"]), np.dtype(value["dtype"]))
    return data.reshape(value["shape"])
