"""Nothing that a client says is ignored: what is not known, or is said twice, is refused as it is in a body."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from fastapi import Request
from fastapi.routing import APIRoute

from .errors import ApiError

REPEATED = "hint"  # may come as often as a client likes


async def known_words_only(request: Request) -> None:
    """A dependency of every route: its query, and the parts of an upload.

    Raises:
        ApiError: 422, a word that the route does not know, or one said twice. (Unknown parts of an upload are the
            form's own to refuse.)
    """
    route = request.scope["route"]
    known = {field.alias for field in route.dependant.query_params} if isinstance(route, APIRoute) else set()
    asked = [name for name, _ in request.query_params.multi_items()]
    for name in asked:
        if name not in known:
            raise ApiError(422, f"{name}: no such option in the address")
    _check_once(asked)
    if request.headers.get("content-type", "").lower().startswith("multipart/"):
        _check_once(name for name, _ in (await request.form()).multi_items())


def _check_once(names: Iterable[str]) -> None:
    for name, count in Counter(names).items():
        if count > 1 and name != REPEATED:
            raise ApiError(422, f"{name}: given {count} times; give it once")
