"""The server, put together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from fastapi import FastAPI

from colorizing_things import __version__
from colorizing_things.imaging.libvips import operations_not_cached

from . import about, films, one_shot, sessions
from .dependencies import AppState
from .errors import add_error_handlers
from .film_files import remove_leftovers
from .metrics import MetricsMiddleware
from .middleware import (
    BodyLimitMiddleware,
    HeadMiddleware,
    KnownHostMiddleware,
    SameSiteMiddleware,
    SecurityHeadersMiddleware,
    ShutdownMiddleware,
)
from .page import serve_api_page, serve_page
from .settings import Settings

SWEEP = 60.0  # seconds between two looks for expired sessions, at most


def create_app(settings: Settings | None = None) -> FastAPI:
    """An ASGI app with its model loaded.

    Raises:
        ModelError, SettingError: a model or device that cannot be had.
    """
    settings = settings or Settings()
    state = AppState(settings)
    app = FastAPI(
        title="Colorizing Things",
        version=__version__,
        summary="Colour black-and-white photographs and films.",
        description='Options mean what they mean on the command line. Every error is `{"detail": "one line"}`.',
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
    )
    app.state.app_state = state
    add_error_handlers(app)
    for router in (one_shot.router, sessions.router, films.router, about.router):
        app.include_router(router)
    serve_api_page(app)
    serve_page(app)
    # The last one added is the first that a request meets.
    app.add_middleware(SameSiteMiddleware, names=settings.names)
    app.add_middleware(KnownHostMiddleware, host=settings.host, names=settings.names)
    app.add_middleware(
        BodyLimitMiddleware, max_upload=settings.max_upload, max_film=settings.max_film,
        upload_timeout=settings.upload_timeout,
    )  # fmt: skip
    app.add_middleware(SecurityHeadersMiddleware)
    app.add_middleware(HeadMiddleware)
    app.add_middleware(ShutdownMiddleware)
    app.add_middleware(MetricsMiddleware, metrics=state.metrics)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    state: AppState = app.state.app_state
    await asyncio.to_thread(remove_leftovers)
    sweeping = asyncio.create_task(_sweep(state, min(SWEEP, state.settings.session_seconds / 2)))
    try:
        with operations_not_cached():
            yield
    finally:
        sweeping.cancel()
        with suppress(asyncio.CancelledError):
            await sweeping
        for pool in (state.pool, state.film_pool):
            pool.close()
        state.store.clear()
        state.films.clear()


async def _sweep(state: AppState, every: float) -> None:
    while True:
        await asyncio.sleep(every)
        state.store.sweep()
        await asyncio.to_thread(state.films.sweep)  # files go, which may take a moment
