"""Uploads: from a stranger's bytes to a picture that is safe to work on."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Self
from urllib.parse import quote

import pyvips
from fastapi import UploadFile

from colorizing_things.errors import PictureError, TooLargeError
from colorizing_things.imaging.foreign import is_heic
from colorizing_things.imaging.picture import Picture, Strip
from colorizing_things.imaging.vips_errors import NO_PICTURE, as_picture_error
from colorizing_things.types import Float32

from .errors import ApiError
from .pool import Deadline

MAX_PAGES = 1000  # each is opened once to be compared with the first
LONGEST_NAME = 100
NAMELESS = "picture"

# Decoders that are made for files from strangers; libvips' others (SVG, PDF, MATLAB, ...) are not let near an upload,
# however the app was started, and stay open for a host's own files.
# Beside them HEIC is read, which telephones send, by the library that libvips would read it with.
DECODERS = ("Jpeg", "Png", "Tiff", "Webp", "Heif", "Nsgif")


class Upload(Picture):
    """A picture that stops being read when its request's time is over."""

    deadline: Deadline | None = None

    @classmethod
    def open(cls, data: bytes, name: str, max_pixels: int, deadline: Deadline) -> Self:
        """Open it, if it is a picture of a reasonable size.

        Raises:
            ApiError: 422 empty; 415 no picture; 413 too many pixels or pages.
        """
        if not data:
            raise ApiError(422, f"{name}: is empty (0 bytes)")
        try:
            if not is_heic(data):  # which libvips does not know; its reader looks at the size before it decodes
                _check_header(data, name, max_pixels)
            picture = cls(name, data, max_pixels)
        except TooLargeError as error:
            raise _too_large(name, error.width, error.height, 1, max_pixels) from error
        except PictureError as error:
            if error.refused:
                raise
            raise ApiError(415, str(error)) from error
        if picture.note and picture.kind != "jpeg":  # nobody would be there to read it
            raise ApiError(415, f"{name}: {picture.note.partition(':')[0]}; only still pictures can be coloured here")
        picture.deadline = deadline
        return picture

    def check_whole(self) -> None:
        """Decode the first page once: a damaged file should be refused now, not when it is saved.

        Raises:
            PictureError: it is.
        """
        for _ in self.part(0).strips(0):
            pass

    def small_lightness(self, page: int, width: int, height: int) -> Float32:
        """As :meth:`.Picture.small_lightness`."""
        if self.deadline:
            self.deadline.check()
        return super().small_lightness(page, width, height)

    def strips(self, page: int) -> Iterator[Strip]:
        """As :meth:`.Picture.strips`."""
        for strip in super().strips(page):
            if self.deadline:
                self.deadline.check()
            yield strip


def _check_header(data: bytes, name: str, max_pixels: int) -> None:
    """Look at what the file says of itself, before anything is decoded: a tiny file may claim to be huge."""
    if not _decoder(data).startswith(tuple(f"VipsForeignLoad{name}" for name in DECODERS)):
        raise ApiError(415, f"{name}: cannot be read: {NO_PICTURE}")
    with as_picture_error(f"{name}: cannot be read"):
        header = pyvips.Image.new_from_buffer(data, "", access="sequential")
    is_tiff = str(header.get("vips-loader")).startswith("tiff")
    pages = int(header.get("n-pages")) if is_tiff and "n-pages" in header.get_fields() else 1
    if pages > MAX_PAGES:
        raise ApiError(413, f"{name}: {pages} pages are over the limit of {MAX_PAGES}")
    if header.width * header.height * pages > max_pixels:
        raise _too_large(name, header.width, header.height, pages, max_pixels)


def _decoder(data: bytes) -> str:
    """The class of libvips' that would decode it, by its first bytes; empty where none would."""
    source = pyvips.Source.new_from_memory(data)
    found = pyvips.vips_lib.vips_foreign_find_load_source(source.pointer)
    return "" if found == pyvips.ffi.NULL else pyvips.ffi.string(found).decode()


def _too_large(name: str, width: int, height: int, pages: int, max_pixels: int) -> ApiError:
    size = f"{width} x {height} pixels" + (f" on {pages} pages" if pages > 1 else "")
    return ApiError(413, f"{name}: {size} are over the server's limit of {max_pixels:,}")


def read(file: UploadFile) -> bytes:
    """An upload's bytes. To be called on a worker's thread: until then it lies in a nameless temporary file."""
    file.file.seek(0)
    return file.file.read()


def safe_name(detail: str | None) -> str:
    """What a client calls its file, fit to be shown and sent back; it is never used as a path.

    Examples:
        >>> safe_name("C:\\\\scans\\\\old: 1.jpg")
        'old_ 1.jpg'
    """
    last = PurePosixPath((detail or "").replace("\\", "/")).name
    printable = "".join(char for char in unicodedata.normalize("NFC", last) if char.isprintable())
    name = re.sub(r'[<>:"|?*%;]', "_", printable).strip(". ")
    stem, dot, suffix = name.rpartition(".")
    name = stem[: LONGEST_NAME - len(suffix)] + dot + suffix if stem and len(suffix) < 10 else name
    return name[:LONGEST_NAME] or NAMELESS


def disposition(name: str) -> str:
    """Content-Disposition for a download of that name (RFC 6266), which :func:`safe_name` has made."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().strip(". ") or NAMELESS
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
