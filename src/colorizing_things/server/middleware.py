"""What every request passes before anything else looks at it: who may ask, how much may come, and what browsers are
told about the answer. Plain ASGI, so that bodies stream through."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Iterable
from contextlib import suppress
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .errors import error_response

LOOPBACK = ("localhost", "127.0.0.1", "::1")
EVERYWHERE = ("0.0.0.0", "::", "")
READING = ("GET", "HEAD", "OPTIONS")
JSON_BYTES = 2**20  # of a body that is no upload
FILMS = "/v1/films"  # where films are sent to, and are allowed to be larger
FRAME_BYTES = 2**16  # of a multipart body beside its files
DRAINED = 4  # times the limit: so much of a refused upload is let run out, so that the client hears why

SECURITY = {
    "content-security-policy": "default-src 'self'; img-src 'self' blob: data:; worker-src 'self' blob:;"
    " object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
}


class SecurityHeadersMiddleware:
    """Nothing from another host, and nothing for another site; a route may say otherwise of its own answer."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY.items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, with_headers)


class KnownHostMiddleware:
    """Answers only to the server's own names: a page elsewhere whose name is made to point here learns nothing."""

    def __init__(self, app: ASGIApp, host: str, names: Iterable[str]) -> None:
        self.app = app
        self.names = {name.lower().strip("[]") for name in (*LOOPBACK, host, *names)} - set(EVERYWHERE)
        self.any_address = host in EVERYWHERE  # an address, unlike a name, cannot be made to point elsewhere

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http" or self.knows(Headers(scope=scope).get("host", "")):
            await self.app(scope, receive, send)
            return
        detail = "this server is not called by that name; its own are given with --name"
        await error_response(400, detail)(scope, receive, send)

    def knows(self, host: str) -> bool:
        """Whether a Host header, port and all, names this server."""
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        return name in self.names or (self.any_address and _is_address(name))


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


class ShutdownMiddleware:
    """Answers 503 to requests that are cut off because the server ends; an answer that has begun is not cut off."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun = False

        async def noting(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        answering = asyncio.ensure_future(self.app(scope, receive, noting))
        try:
            await asyncio.shield(answering)
        except asyncio.CancelledError:
            if begun:
                await answering
                return
            answering.cancel()
            with suppress(asyncio.CancelledError):
                await answering
            if not begun:
                await error_response(503, "the server is shutting down")(scope, receive, send)


class HeadMiddleware:
    """Answers HEAD as GET, without the body, for whoever looks whether something is there."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return

        async def without_body(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        await self.app({**scope, "method": "GET"}, receive, without_body)


class SameSiteMiddleware:
    """Refuses what changes something when another site's page asks; programs, which send no Origin, may.

    Browsers that are sure of their connection (https, or this machine) say it themselves, in Sec-Fetch-Site. Others
    send the Origin alone, which is ours if it is what the server is called: by Host; by the X-Forwarded-Host of a proxy
    that sends another Host on (no page can send that header elsewhere without asking, and that is not allowed); or by
    one of ``names``, whatever the scheme and the port, which a proxy may have taken away.
    """

    def __init__(self, app: ASGIApp, names: Iterable[str] = ()) -> None:
        self.app = app
        self.names = {name.lower().strip("[]") for name in names} - {""}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http" or scope["method"] in READING or not self.foreign(Headers(scope=scope)):
            await self.app(scope, receive, send)
            return
        detail = "another site's page may not ask this; behind a proxy, start the server with --name and its name"
        await error_response(403, detail)(scope, receive, send)

    def foreign(self, headers: Headers) -> bool:
        """Whether a browser says that the request comes from elsewhere."""
        said = headers.get("sec-fetch-site")
        if said is not None:
            return said not in ("same-origin", "none")
        origin = headers.get("origin")
        if origin is None:
            return False
        try:
            site = urlsplit(origin)
            name = site.hostname or ""
        except ValueError:
            return True
        own = (headers.get("host", ""), headers.get("x-forwarded-host", "").partition(",")[0].strip())
        return name not in self.names and site.netloc.lower() not in {each.lower() for each in own if each}


class BodyLimitMiddleware:
    """Ends a body that is too large (413), or that has stopped coming (408).

    What is refused before its body was read is answered when the body has run out, up to a limit: a client or a proxy
    that is still sending would else find the connection closed, and never hear why.
    """

    def __init__(self, app: ASGIApp, max_upload: int, max_film: int, upload_timeout: float) -> None:
        self.app, self.max_upload, self.max_film, self.upload_timeout = app, max_upload, max_film, upload_timeout

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        upload = headers.get("content-type", "").lower().startswith("multipart/")
        most = self.max_film if scope["path"].endswith(FILMS) else self.max_upload
        limit = most + FRAME_BYTES if upload else JSON_BYTES
        detail = f"the upload is over the limit of {_megabytes(most if upload else limit)}"
        body = _Body(receive, self.upload_timeout)
        announced = headers.get("content-length", "")
        size = int(announced) if announced.isdecimal() else 0
        comes = size or "transfer-encoding" in headers
        drained = comes and size <= DRAINED * limit and "expect" not in headers

        async def heard(message: Message) -> None:
            if drained and message["type"] == "http.response.start" and message["status"] >= 400:
                await body.drain(DRAINED * limit)
            await send(message)

        if size > limit:
            await error_response(413, detail, {"Connection": "close"})(scope, receive, heard)
            return

        async def limited() -> Message:
            message = await body.receive()
            if body.received > limit:
                raise HTTPException(413, detail, {"Connection": "close"})
            return message

        await self.app(scope, limited, heard)


class _Body:
    """A request's body as it comes in."""

    def __init__(self, receive: Receive, upload_timeout: float) -> None:
        self._receive, self.upload_timeout = receive, upload_timeout
        self.received, self.whole = 0, False

    async def receive(self) -> Message:
        """The next message.

        Raises:
            HTTPException: 408, none came in time.
        """
        if self.whole:
            return await self._receive()
        try:
            message = await asyncio.wait_for(self._receive(), self.upload_timeout)
        except TimeoutError:
            self.whole = True  # as far as anybody waits for it
            detail = f"the upload stopped coming: nothing for {self.upload_timeout:g} s"
            raise HTTPException(408, detail, {"Connection": "close"}) from None
        self.received += len(message.get("body", b""))
        self.whole = not message.get("more_body", False)
        return message

    async def drain(self, most: int) -> None:
        """Read to the end, or until so many bytes have come in all, and forget."""
        try:
            while not self.whole and self.received <= most:
                await self.receive()
        except HTTPException:
            return


def _megabytes(size: int) -> str:
    return f"{size / 2**20:.3g} MB"
