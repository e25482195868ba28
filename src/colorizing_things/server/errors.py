"""What a client is told when it cannot have what it asked for: one JSON line and the right status."""

from __future__ import annotations

import logging
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from colorizing_things.errors import ColorizingError, PictureError, SettingError
from colorizing_things.system import faults

logger = logging.getLogger("colorizing_things.server")

DESCRIPTIONS = {
    400: "The request cannot be read, or calls the server by a name that is not its own.",
    403: "Another site's page asked.",
    404: "No such session or film: it never was, or it expired.",
    408: "The upload stopped coming.",
    413: "The upload, or the picture or film in it, is too large.",
    415: "The upload is no picture or film in a known format.",
    422: "An option cannot work, or the picture is damaged or empty.",
    429: "Too much to do; Retry-After says in how many seconds to try again.",
    503: "Not enough memory, files that cannot be read or written, or the server is shutting down.",
    504: "It took longer than the server's time limit.",
    507: "No space left on the server's disk.",
}
ALWAYS = (400, 403)
# What the system refused the server, as a client is told: status and line. The log has the rest.
REFUSED = {
    faults.MEMORY: (503, "not enough memory for this picture; try a smaller one, or again later"),
    faults.SPACE: (507, "the server's disk is full; try again later"),
    faults.FILE: (503, "the server cannot read or write its files just now; try again later"),
}


class ApiError(ColorizingError):
    """A request refused with that status; the message is all that the client is told."""

    def __init__(self, status: int, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status, self.headers = status, headers or {}


class Problem(BaseModel):
    """What every answer but a good one holds."""

    detail: str = Field(description="One line: what, where, what to do.", examples=["old.jpg: is empty (0 bytes)"])


def error_responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """OpenAPI's entries for these refusals, and for those that any request may meet."""
    return {status: {"model": Problem, "description": DESCRIPTIONS[status]} for status in sorted({*ALWAYS, *statuses})}


def error_response(status: int, message: str, headers: dict[str, str] | None = None) -> JSONResponse:
    """The answer, its message on one line."""
    return JSONResponse({"detail": " ".join(message.split())}, status, headers)


def add_error_handlers(app: FastAPI) -> None:
    """Teach the app to answer every error with one line."""

    @app.exception_handler(ColorizingError)
    async def known(request: Request, error: ColorizingError) -> JSONResponse:
        return error_response(*error_parts(_asked(request), error))

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        return error_response(422, "; ".join(_in_words(dict(found)) for found in error.errors()[:3]))

    @app.exception_handler(HTTPException)
    async def of_http(request: Request, error: HTTPException) -> JSONResponse:
        if error.__cause__ is not None and (found := faults.explain(error.__cause__)):  # while an upload was kept
            return error_response(*_refused(_asked(request), found[0], error.__cause__))
        headers = dict(error.headers) if error.headers else None
        return error_response(error.status_code, str(error.detail), headers)

    @app.exception_handler(MemoryError)
    @app.exception_handler(OSError)
    @app.exception_handler(Exception)
    async def unexpected(request: Request, error: Exception) -> JSONResponse:
        return error_response(*error_parts(_asked(request), error))


ErrorParts = tuple[int, str, dict[str, str] | None]  # a status, a line, headers


def error_parts(asked: str, error: Exception) -> ErrorParts:
    """What a client is told of an error; the log has what it need not know. ``asked``: method and path, for the log."""
    if isinstance(error, ApiError):
        return error.status, str(error), error.headers
    refused = error.refused if isinstance(error, ColorizingError) else (faults.explain(error) or ("",))[0]
    if refused:
        return _refused(asked, refused, error)
    if isinstance(error, PictureError | SettingError):
        return 422, str(error), None
    if isinstance(error, ColorizingError):
        logger.error("%s: %s", asked, error)
        return 500, str(error), None
    logger.error("%s", asked, exc_info=error)
    return 500, "something went wrong in the server; its log says what", None


def _asked(request: Request) -> str:
    return f"{request.method} {request.url.path}"


def _refused(asked: str, what: str, error: BaseException) -> ErrorParts:
    status, message = REFUSED[what]
    logger.error("%s: %d: %s: %s", asked, status, type(error).__name__, error)
    return status, message, {"Retry-After": "30"}


def _in_words(found: dict[str, Any]) -> str:
    where = ".".join(str(part) for part in found["loc"][1:]) or str(found["loc"][0])
    if found["type"] == "extra_forbidden":
        return f"{where}: no such option"
    if found["type"] == "missing":
        return f"{where}: is missing"
    if found["type"] == "json_invalid":
        return "the body is not valid JSON"
    detail = str(found["msg"]).removeprefix("Value error, ")
    return f"{where}: {detail[:1].lower()}{detail[1:]}"
