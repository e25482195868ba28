"""The server's end: whoever is being answered gets the whole answer, however slowly it is taken, within a limit."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import httpx
import pytest
import uvicorn
from server.conftest import error_line
from starlette.applications import Starlette
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from waiting import PATIENCE, until

from colorizing_things.server.ending import Server
from colorizing_things.server.middleware import ShutdownMiddleware

PART = 2**20
PARTS = 64  # far more than a socket holds by itself


class Ending:
    """A server in a thread that answers much, and never to some; knows when it has cut off whoever waits."""

    def __init__(self, answered: float) -> None:
        self.cut, self.waiting = threading.Event(), threading.Event()
        app = Starlette(routes=[Route(f"/{name}", getattr(self, name)) for name in ("whole", "parts", "never")],
                        lifespan=self._lifespan)  # fmt: skip
        app.add_middleware(ShutdownMiddleware)
        self.server = Server(uvicorn.Config(app, "127.0.0.1", 0, log_level="warning"), 0.2, answered)
        self.thread = threading.Thread(target=self.server.run)

    @asynccontextmanager
    async def _lifespan(self, app) -> AsyncIterator[None]:
        yield
        self.cut.set()

    async def whole(self, _) -> Response:
        return Response(bytes(PART * PARTS))

    async def parts(self, _) -> Response:
        async def parts() -> AsyncIterator[bytes]:
            for _ in range(PARTS):
                yield bytes(PART)

        return StreamingResponse(parts())

    async def never(self, _) -> Response:
        self.waiting.set()
        await asyncio.Event().wait()
        raise AssertionError


@contextmanager
def ending(answered: float = 60) -> Iterator[tuple[Ending, httpx.Client]]:
    made = Ending(answered)
    made.thread.start()
    until(lambda: made.server.started)
    port = made.server.servers[0].sockets[0].getsockname()[1]
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE) as client:
            yield made, client
    finally:
        made.server.should_exit = True
        made.thread.join(PATIENCE)
        assert not made.thread.is_alive()


@pytest.mark.parametrize("kind", ["whole", "parts"])
def test_an_answer_on_its_way_arrives_whole(kind):
    with ending() as (made, client), client.stream("GET", f"/{kind}") as answer:
        made.server.should_exit = True
        assert made.cut.wait(PATIENCE)  # the time for whoever waits is over, and this one has not been read
        assert sum(map(len, answer.iter_raw())) == PART * PARTS


@pytest.mark.parametrize("kind", ["whole", "parts"])
def test_who_takes_nothing_is_not_waited_for_for_ever(kind, capfd):
    with ending(answered=0.3) as (made, client), client.stream("GET", f"/{kind}") as answer:
        made.server.should_exit = True
        made.thread.join(PATIENCE)
        assert not made.thread.is_alive()
        with pytest.raises(httpx.HTTPError):
            answer.read()
    assert "Traceback" not in capfd.readouterr().err


def test_who_waits_is_told():
    with ending() as (made, client):
        answers = []
        asking = threading.Thread(target=lambda: answers.append(client.get("/never")))
        asking.start()
        assert made.waiting.wait(PATIENCE)
        made.server.should_exit = True
        asking.join(PATIENCE)
        assert "shutting down" in error_line(answers[0], 503)
