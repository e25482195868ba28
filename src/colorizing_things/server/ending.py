"""uvicorn's server, but for its end: whoever is being answered gets the whole answer."""

from __future__ import annotations

import asyncio
import socket

import uvicorn

WAITING, ANSWERED = 5.0, 30.0  # seconds for requests that are still waited for, then for answers on their way
LAST = 1.0  # for what served a connection that is no more
LOOK = 0.05


class Server(uvicorn.Server):
    """Ends in order: for five seconds, requests may still be done; then whoever waits hears 503, by
    :class:`.ShutdownMiddleware`; and answers on their way are let go out, which on a slow line takes its time, though
    not for ever.

    uvicorn itself drops what a connection has not sent when those seconds are over.
    """

    def __init__(self, config: uvicorn.Config, waiting: float = WAITING, answered: float = ANSWERED) -> None:
        config.timeout_graceful_shutdown = waiting  # type: ignore[assignment]  # any number of seconds will do
        super().__init__(config)
        self.answered = answered

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn's, and then until nothing is left to send; a second Ctrl-C ends it at once."""
        await super().shutdown(sockets)
        await self._sent(self.answered)
        for connection in list(self.server_state.connections):
            connection.transport.abort()
        await self._sent(LAST)

    async def _sent(self, seconds: float) -> None:
        state, clock = self.server_state, asyncio.get_running_loop().time
        end = clock() + seconds
        while (state.connections or state.tasks) and not self.force_exit and clock() < end:
            await asyncio.sleep(LOOK)
