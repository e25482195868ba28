"""A folder, on a disk or in a bucket, known by its path or its URI."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Self

from pyarrow import ArrowException, ArrowNotImplementedError
from pyarrow.fs import (
    FileInfo,
    FileSelector,
    FileSystem,
    FileType,
    FSSpecHandler,
    LocalFileSystem,
    PyFileSystem,
    S3FileSystem,
)  # fmt: skip

from colorizing_things.errors import PictureError, SettingError
from colorizing_things.imaging.writing import is_alive, write_atomically

BLOCK = 1 << 20  # bytes read at once
COPIES = "colorize-"  # how the names of folders of copies begin; a process' number follows


@dataclass(frozen=True)
class Place:
    """A folder and the file system that it is in. It can be sent to other processes.

    Attributes:
        address: as the user wrote it, without what follows a question mark.
        system: the file system.
        root: the folder's path in there.
    """

    address: str
    system: FileSystem
    root: str

    @classmethod
    def of(cls, address: str) -> Self:
        """A path, or a URI: ``s3://``, ``gs://``, ``abfss://`` by Arrow, any other by fsspec (``http://``, ...).

        Raises:
            SettingError: no such kind of place, or a package for it is missing.

        Examples:
            >>> Place.of("scans/1901").address
            'scans/1901'
        """
        if "://" not in address:
            return cls(address, LocalFileSystem(), str(Path(address).absolute()))
        try:
            system, root = _open(address)
        except (ValueError, OSError, ImportError, ArrowException) as error:
            raise SettingError(f"{address}: cannot be reached: {_line(error)}") from error
        return cls(address.partition("?")[0], system, root)

    @property
    def is_local(self) -> bool:
        """Whether its files have paths of this machine."""
        return isinstance(self.system, LocalFileSystem)

    def path(self, name: str) -> str:
        """Where a file is in the file system; "" is the folder itself."""
        return f"{self.root.rstrip('/')}/{name}" if name else self.root

    def shown(self, name: str) -> str:
        """A file as the user would write it."""
        return f"{self.address.rstrip('/')}/{name}"

    def check(self) -> None:
        """Look whether it is there, before any work.

        Raises:
            PictureError: it is not, or cannot be reached.
        """
        with self._failing(self.address):
            about = self.system.get_file_info(self.root)
            if about.type == FileType.NotFound:
                raise PictureError(f"{self.address}: no such folder")
            if about.type == FileType.File and not _is_web(self.system):
                raise PictureError(f"{self.address}: is a file; --engine ray takes a folder")

    def listing(self, folder: str) -> list[FileInfo]:
        """What a folder in it holds, sorted by name; nothing where there is no such folder.

        Raises:
            PictureError: it cannot be listed.
        """
        with self._failing(self.shown(folder)):
            found = self.system.get_file_info(FileSelector(self.path(folder), allow_not_found=True))
        return sorted(found, key=lambda about: about.base_name)

    def names(self, folder: str) -> frozenset[str]:
        """Of the files that a folder in it holds.

        Raises:
            PictureError: it cannot be listed.
        """
        return frozenset(about.base_name for about in self.listing(folder) if about.type == FileType.File)

    def has(self, name: str) -> bool:
        """Whether there is such a file.

        Raises:
            PictureError: nobody can say.
        """
        with self._failing(self.shown(name)):
            if self.is_local:
                return bool(self.system.get_file_info(self.path(name)).type == FileType.File)
            try:  # one request: to say what a bucket lacks, get_file_info also looks for a folder of that name
                self.system.open_input_file(self.path(name)).close()
            except FileNotFoundError:
                return False
            return True

    @contextmanager
    def lent(self, name: str) -> Iterator[Path]:
        """A file as one of this machine: itself, or a copy that is there meanwhile.

        Raises:
            PictureError: it cannot be read.
        """
        if self.is_local:
            yield Path(self.path(name))
            return
        with _own_folder() as folder:
            copy = Path(folder) / PurePosixPath(name).name
            with self._reading(name) as stream, copy.open("wb") as file:
                shutil.copyfileobj(stream, file, BLOCK)
            yield copy

    @contextmanager
    def taken(self, name: str) -> Iterator[Path]:
        """Where to write a file on this machine; it is in its place, whole, after the ``with`` if nothing failed.

        Raises:
            PictureError: it cannot be written.
        """
        if self.is_local:
            yield Path(self.path(name))
            return
        with _own_folder() as folder:
            copy = Path(folder) / PurePosixPath(name).name
            yield copy
            if copy.exists():
                self.write(name, copy.read_bytes())

    def write(self, name: str, data: bytes) -> None:
        """Write a small file, or one that a machine has written: whole or not at all.

        Raises:
            PictureError: it cannot be written.
        """
        if self.is_local:
            write_atomically(Path(self.path(name)), lambda temporary: _fill(temporary, data))
            return
        # All in one write: a bucket shows nothing before the stream is closed, and closing is all that is left then.
        with self._failing(self.shown(name)), self.system.open_output_stream(self.path(name)) as stream:
            stream.write(data)

    def remove(self, name: str) -> None:
        """Remove a file.

        Raises:
            PictureError: it cannot be removed, or is not there.
        """
        with self._failing(self.shown(name)):
            self.system.delete_file(self.path(name))

    def checksum(self, name: str) -> str:
        """SHA-256 of a file.

        Raises:
            PictureError: it cannot be read.
        """
        found = hashlib.sha256()
        with self._reading(name) as stream:
            while data := stream.read(BLOCK):
                found.update(data)
        return found.hexdigest()

    @contextmanager
    def _reading(self, name: str) -> Iterator[Any]:
        with self._failing(self.shown(name)), self.system.open_input_stream(self.path(name)) as stream:
            yield stream

    @contextmanager
    def _failing(self, shown: str) -> Iterator[None]:
        try:
            yield
        except (OSError, ArrowException) as error:
            raise PictureError(f"{shown}: {_line(error)}") from error


def _open(address: str) -> tuple[FileSystem, str]:
    scheme = address.partition("://")[0]
    try:
        system, root = FileSystem.from_uri(address)
        return (_in_one_request(system) if isinstance(system, S3FileSystem) else system), root
    except (ValueError, ArrowNotImplementedError) as error:  # of a kind that Arrow does not know, or was built without
        if "scheme" not in str(error) and "nrecognized" not in str(error):
            raise
    import fsspec

    if scheme not in fsspec.available_protocols():
        raise SettingError(f"{address}: no file system is known for {scheme}://")
    system, root = fsspec.core.url_to_fs(address)
    return PyFileSystem(FSSpecHandler(system)), root.rstrip("/") if "http" not in scheme else root


def _in_one_request(system: S3FileSystem) -> S3FileSystem:
    """The same, but a small file is written by one request and not by the three of a large one: each has its price."""
    _, (settings,) = system.__reduce__()
    return S3FileSystem(**{**settings, "allow_delayed_open": True})


def _is_web(system: FileSystem) -> bool:
    """A web server's folders are pages, and so files too."""
    handler: Any = getattr(system, "handler", None)
    return handler is not None and "http" in handler.fs.protocol


def remove_leftovers() -> None:
    """Remove the copies of photographs that killed workers have left on this machine."""
    for folder in Path(tempfile.gettempdir()).glob(f"{COPIES}*-*"):
        process = folder.name.removeprefix(COPIES).partition("-")[0]
        if process.isdecimal() and not is_alive(int(process)):
            shutil.rmtree(folder, ignore_errors=True)


def _own_folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix=f"{COPIES}{os.getpid()}-")


def _fill(path: Path, data: bytes) -> None:
    path.write_bytes(data)


def _line(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return " ".join(str(error).split())
