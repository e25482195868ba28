"""What all routes share: one model, one pool of threads, one store of sessions."""

from __future__ import annotations

import math
from typing import Annotated

from fastapi import Depends, Request, UploadFile

from colorizing_things.colorizer import Colorizer

from .errors import ApiError
from .film_files import StoredFilm
from .metrics import Metrics
from .pool import Deadline, Pool
from .settings import Settings
from .store import Store, StoredSession
from .uploads import Upload, read, safe_name


class AppState:
    """Made once a server."""

    def __init__(self, settings: Settings) -> None:
        """Load the model.

        Raises:
            ModelError, SettingError: as :class:`.Colorizer`.
        """
        self.settings = settings
        self.colorizer = Colorizer(settings.model, settings.device, settings.threads, settings.max_pixels)
        self.pool = Pool(settings.workers, settings.queue, settings.time_limit)
        self.store: Store[StoredSession] = Store(
            settings.max_sessions, settings.session_bytes, settings.session_seconds
        )
        # One at a time is coloured, by all cores; the last place is for one that is looked at: none at work is dropped.
        self.film_pool = Pool(1, settings.max_films - 2, math.inf)
        self.films: Store[StoredFilm] = Store(
            settings.max_films, settings.max_films * settings.max_film, settings.session_seconds,
            what="film", again="it",
        )  # fmt: skip
        self.metrics = Metrics(self.pool, self.store, self.films)

    def open(self, file: UploadFile, deadline: Deadline) -> tuple[bytes, Upload]:
        """An upload's bytes, and the picture in them."""
        data = read(file)
        return data, self.reopen(data, safe_name(file.filename), deadline)

    def check_size(self, size: int | None) -> None:
        """Refuse a size that takes more memory than a client of this server may.

        Raises:
            ApiError: 422.
        """
        if size is not None and size > self.settings.max_size:
            raise ApiError(422, f"size {size}: this server allows {self.settings.max_size} at most")

    def reopen(self, data: bytes, name: str, deadline: Deadline) -> Upload:
        """The picture in bytes."""
        return Upload.open(data, name, self.settings.max_pixels, deadline)


def _app_state(request: Request) -> AppState:
    state: AppState = request.app.state.app_state
    return state


AppStateDep = Annotated[AppState, Depends(_app_state)]
