"""Films that clients have sent: each in a temporary folder of its own, which goes when the film does."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import tempfile
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from fastapi import UploadFile

from colorizing_things.errors import ColorizingError, PictureError, TooLargeError
from colorizing_things.imaging.writing import NODE, is_alive
from colorizing_things.system.stopping import Stop

from .errors import ApiError
from .pool import Deadline
from .schema import Shot
from .settings import Settings
from .uploads import safe_name

if TYPE_CHECKING:
    from colorizing_things.film.reading import Film, ReadLimits

BLOCK = 2**20  # bytes copied between two looks at the time
FRAME_PIXELS = 4096 * 2304
START = "colorize-film-"
LEFTOVER = re.compile(START + r"([0-9a-f]{8})-(\d+)-")
MEDIA_TYPES = {".mp4": "video/mp4", ".m4v": "video/mp4", ".mov": "video/quicktime", ".mkv": "video/x-matroska"}

# What is let near an upload: containers that hold their own pictures and name no other file, and what cameras and
# archives have made films with.
FORMATS = ("mov", "matroska", "avi", "mpeg", "mpegvideo", "mpegts", "ogg", "flv", "asf", "dv")
CODECS = (
    "h264", "hevc", "av1", "libdav1d", "vp8", "vp9", "mpeg1video", "mpeg2video", "mpeg4", "msmpeg4v2", "msmpeg4",
    "wmv1", "wmv2", "wmv3", "vc1", "h263", "flv", "theora", "mjpeg", "prores", "dnxhd", "dvvideo", "ffv1", "huffyuv",
    "ffvhuff", "rawvideo", "cinepak", "svq1", "svq3", "aac", "mp2", "mp3", "mp2float", "mp3float", "ac3", "eac3",
    "opus", "vorbis", "flac", "alac", "amrnb", "wmav1", "wmav2", "pcm_s16le", "pcm_s16be", "pcm_s24le", "pcm_u8",
    "adpcm_ms", "adpcm_ima_wav", "adpcm_ima_qt",
)  # fmt: skip


@dataclass(eq=False)
class StoredFilm:
    """One film: its file, by the client's name for it, what is in it, and what was made of it.

    Attributes:
        name: to be shown.
        folder: its own.
        film: opened.
        stop: asked when it is forgotten: whoever works on it ends.
        shots: its thumbnails, once they were asked for.
    """

    name: str
    folder: Path
    film: Film
    id: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    used: float = 0.0
    stop: Stop = field(default_factory=Stop)
    shots: list[Shot] | None = None
    _at_work: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._remove = weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)

    @property
    def bytes(self) -> int:
        """Of the file that was sent."""
        return self.film.path.stat().st_size

    @property
    def colored(self) -> Path:
        """Where the new file is, as soon as there is one."""
        own = self.film.path.suffix
        return self.folder / f"color{own if own in MEDIA_TYPES else '.mkv'}"

    @property
    def colored_name(self) -> str:
        """The new file's, to be shown."""
        return f"{Path(self.name).stem}.color{self.colored.suffix}"

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Meanwhile its folder stays, though it be forgotten. What is said of its files is said by the client's names.

        Raises:
            ApiError: 404, it was forgotten.
        """
        with self._lock:
            if self.stop.asked:
                raise ApiError(404, f"{self.name}: is forgotten")
            self._at_work += 1
        try:
            yield
        except ColorizingError as error:
            raise _renamed(error, {self.film.name: self.name, str(self.colored): self.colored_name}) from error
        finally:
            with self._lock:
                self._at_work -= 1
                self._remove_if_idle()

    def close(self) -> None:
        """Forget it: what works on it ends, and its files go."""
        with self._lock:
            self.stop.ask()
            self._remove_if_idle()

    def _remove_if_idle(self) -> None:
        if self.stop.asked and not self._at_work:
            self._remove()


def receive(file: UploadFile, settings: Settings, deadline: Deadline) -> StoredFilm:
    """Keep an upload in a folder of its own, and look into it.

    Raises:
        ApiError: 422 empty; 415 no film that is read here; 413 too long, or its frames too large.
    """
    from colorizing_things.film.reading import open_film

    name = safe_name(file.filename)
    suffix = Path(name).suffix.lower()
    folder = Path(tempfile.mkdtemp(prefix=f"{START}{NODE}-{os.getpid()}-"))
    path = folder / f"film{suffix}"
    try:
        _copy(file, path, deadline)
        if not path.stat().st_size:
            raise ApiError(422, f"{name}: is empty (0 bytes)")
        try:
            film = open_film(path, limits=_read_limits())
        except TooLargeError as error:
            size = f"frames of {error.width} x {error.height} pixels"
            raise ApiError(413, f"{name}: {size} are over the server's limit of {FRAME_PIXELS:,}") from error
        except PictureError as error:
            if error.refused:
                raise
            raise ApiError(415, str(error).replace(str(path), name)) from error
        if film.seconds is not None:
            check_length(film.seconds, name, settings)
        return StoredFilm(name, folder, film)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def check_length(seconds: float, name: str, settings: Settings) -> None:
    """Refuse what would take too long.

    Raises:
        ApiError: 413.
    """
    if seconds > settings.max_film_seconds:
        allowed = settings.max_film_seconds / 60
        raise ApiError(413, f"{name}: {seconds / 60:.3g} minutes are over the server's limit of {allowed:.3g}")


def remove_leftovers() -> None:
    """Remove what a server on this machine that was killed has left."""
    for path in Path(tempfile.gettempdir()).glob(f"{START}*"):
        found = LEFTOVER.match(path.name)
        if found and found[1] == NODE and not is_alive(int(found[2])):
            shutil.rmtree(path, ignore_errors=True)


def _copy(file: UploadFile, path: Path, deadline: Deadline) -> None:
    file.file.seek(0)
    with path.open("wb") as to:
        while block := file.file.read(BLOCK):
            deadline.check()
            to.write(block)


def _read_limits() -> ReadLimits:
    from colorizing_things.film.reading import ReadLimits

    return ReadLimits(FORMATS, CODECS, FRAME_PIXELS)


def _renamed(error: ColorizingError, names: dict[str, str]) -> ColorizingError:
    said = str(error)
    for path, name in names.items():
        said = said.replace(path, name)
    error.args = (said,)
    return error
