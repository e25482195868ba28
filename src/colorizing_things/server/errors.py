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

logger = logging.getLogger("colorizing_things.server")

DESCRIPTIONS = {
    400: "The request cannot be read, or calls the server by a name that is not its own.",
    403: "Another site's page asked.",
    404: "No such session: it never was, or it expired.",
    408: "The upload stopped coming.",
    413: "The upload, or the picture in it, is too large.",
    415: "The upload is no picture in a known format.",
    422: "An option cannot work, or the picture is damaged or empty.",
    429: "Too much to do; Retry-After says in how many seconds to try again.",
    503: "Not enough memory, or the server is shutting down.",
    504: "It took longer than the server's time limit.",
}
ALWAYS = (400, 403)


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
        if isinstance(error, ApiError):
            return error_response(error.status, str(error), error.headers)
        if isinstance(error, PictureError | SettingError):
            return error_response(422, str(error))
        logger.error("%s %s: %s", request.method, request.url.path, error)
        return error_response(500, str(error))

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        return error_response(422, "; ".join(_in_words(dict(found)) for found in error.errors()[:3]))

    @app.exception_handler(HTTPException)
    async def of_http(request: Request, error: HTTPException) -> JSONResponse:
        headers = dict(error.headers) if error.headers else None
        return error_response(error.status_code, str(error.detail), headers)

    @app.exception_handler(MemoryError)
    async def memory(request: Request, error: MemoryError) -> JSONResponse:
        return error_response(
            503, "not enough memory for this picture; try a smaller one, or again later", {"Retry-After": "30"}
        )

    @app.exception_handler(Exception)
    async def unexpected(request: Request, error: Exception) -> JSONResponse:
        return error_response(500, "something went wrong in the server; its log says what")


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
