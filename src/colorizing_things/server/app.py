"""The server, put together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from fastapi import FastAPI

from colorizing_things import __version__

from . import about, one_shot, sessions
from .guards import BodyLimit, KnownHost, SameSite, SecurityHeaders
from .metrics import Measured
from .page import serve_api_page, serve_page
from .refusals import answer_refusals
from .settings import Settings
from .store import Store
from .uploads import sturdy_decoders_only
from .workshop import Workshop

SWEEP = 60.0  # seconds between two looks for expired sessions, at most


def create_app(settings: Settings | None = None) -> FastAPI:
    """An ASGI app with its model loaded.

    Raises:
        ModelError, SettingError: a model or device that cannot be had.
    """
    settings = settings or Settings()
    workshop = Workshop(settings)
    app = FastAPI(
        title="Colorizing Things",
        version=__version__,
        summary="Colour black-and-white photographs.",
        description='Options mean what they mean on the command line. Every error is `{"detail": "one line"}`.',
        docs_url=None,
        redoc_url=None,
        lifespan=_lifespan,
    )
    app.state.workshop = workshop
    answer_refusals(app)
    for router in (one_shot.router, sessions.router, about.router):
        app.include_router(router)
    serve_api_page(app)
    serve_page(app)
    # The last one added is the first that a request meets.
    app.add_middleware(BodyLimit, max_upload=settings.max_upload, patience=settings.patience)
    app.add_middleware(SameSite)
    app.add_middleware(KnownHost, host=settings.host, names=settings.names)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(Measured, metrics=workshop.metrics)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    workshop: Workshop = app.state.workshop
    sweeping = asyncio.create_task(_sweep(workshop.store, min(SWEEP, workshop.settings.session_seconds / 2)))
    try:
        with sturdy_decoders_only():
            yield
    finally:
        sweeping.cancel()
        with suppress(asyncio.CancelledError):
            await sweeping
        workshop.pool.close()
        workshop.store.clear()


async def _sweep(store: Store, every: float) -> None:
    while True:
        await asyncio.sleep(every)
        store.sweep()
