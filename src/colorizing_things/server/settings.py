"""What a server may be told. Needs nothing of the ``server`` extra."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from colorizing_things.errors import SettingError
from colorizing_things.system.defaults import MODEL as DEFAULT
from colorizing_things.system.defaults import jobs as default_jobs

MEGABYTE = 2**20


@dataclass(frozen=True)
class Settings:
    """Of one server.

    Attributes:
        host: address to listen at.
        names: further names by which the server may be called (the Host header), as behind a proxy.
        model, device, threads: as for :class:`.Colorizer`.
        workers: pictures worked on at once.
        queue: how many may wait beyond those; more are answered 429.
        max_upload: bytes of one upload.
        max_pixels: of one picture, all its pages together.
        max_size: the largest ``size`` at which a client may have its picture seen: memory grows with its fourth power.
        time_limit: seconds that a request may wait and work.
        upload_timeout: seconds without a byte of an upload after which it is given up.
        max_film: bytes of the upload of a film.
        max_film_seconds: how long a film may be.
        max_films: beyond which the least recently used film is dropped; one less may be coloured or wait for it.
        max_sessions, session_bytes: beyond either, the least recently used session is dropped.
        session_seconds: without use, after which a session, or a film, is dropped.

    Raises:
        SettingError: a number that cannot work.
    """

    host: str = "127.0.0.1"
    names: tuple[str, ...] = ()
    model: str = DEFAULT
    device: str = "auto"
    threads: int | None = None
    workers: int = field(default_factory=default_jobs)
    queue: int = 32
    max_upload: int = 100 * MEGABYTE
    max_pixels: int = 100_000_000
    max_size: int = 512
    time_limit: float = 120.0
    upload_timeout: float = 30.0
    max_sessions: int = 64
    session_bytes: int = 1024 * MEGABYTE
    session_seconds: float = 1800.0
    max_film: int = 2048 * MEGABYTE
    max_film_seconds: float = 3600.0
    max_films: int = 8

    def __post_init__(self) -> None:
        for name in ("workers", "max_upload", "max_pixels", "max_size", "max_sessions", "max_film"):
            if getattr(self, name) < 1:
                raise SettingError(f"{name.replace('_', '-')} {getattr(self, name)}: must be 1 or more")
        for name in ("time_limit", "upload_timeout", "session_seconds", "max_film_seconds"):
            if not (math.isfinite(getattr(self, name)) and getattr(self, name) > 0):
                raise SettingError(f"{name.replace('_', '-')} {getattr(self, name)}: must be over 0 seconds")
        if self.max_films < 2:
            raise SettingError(f"max-films {self.max_films}: must be 2 or more: one that is coloured, one that is sent")
        if self.queue < 0:
            raise SettingError(f"queue {self.queue}: must be 0 or more")
        if self.session_bytes < self.max_upload:
            raise SettingError("sessions must be allowed at least the bytes of one upload")
