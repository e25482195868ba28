"""``/v1/films``: a film sent once, its shots looked at, coloured while its client listens, and fetched."""

from __future__ import annotations

import asyncio
import base64
import json
import math
from collections.abc import AsyncIterator
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import FileResponse, StreamingResponse
from starlette.types import Receive, Scope, Send

from colorizing_things.film.need import check_libraries, is_film
from colorizing_things.options import ColorOptions
from colorizing_things.system import stopping
from colorizing_things.system.stopping import Stop, Stopped

from .dependencies import AppState, AppStateDep
from .errors import ApiError, error_parts, error_responses
from .film_files import MEDIA_TYPES, StoredFilm, check_length, receive
from .lightness import png
from .pool import Deadline, Urgency
from .schema import FilmBody, FilmDone, FilmFailed, FilmForm, FilmInfo, FilmProgress, FilmWaiting, Shot, Shots
from .uploads import disposition, safe_name
from .words import known_words_only

if TYPE_CHECKING:
    from colorizing_things.film.coloring import FilmOptions
    from colorizing_things.film.making import FilmResult, Progress

router = APIRouter(
    prefix="/v1/films", tags=["films"], dependencies=[Depends(known_words_only)], responses=error_responses(422)
)

WORKED_ON = (404, 422, 429, 503, 504)
EVERY = 1.0  # s between two lines about work
FILM_LINES = (FilmWaiting, FilmProgress, FilmDone, FilmFailed)
NDJSON = "application/x-ndjson"
LINES = {
    "description": "A line of JSON a second, each with a `state`; the last says `done` or `failed`.",
    "content": {NDJSON: {"schema": {"anyOf": [kind.model_json_schema() for kind in FILM_LINES]}}},
}
FILE = {
    "description": "The film.",
    "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in sorted({*MEDIA_TYPES.values()})},
}

FilmUpload = Annotated[FilmForm, Form(media_type="multipart/form-data")]
Moment = Annotated[float, Query(ge=0, allow_inf_nan=False, description="Seconds from the film's start.")]


class _LinesResponse(StreamingResponse):
    """Lines about work, which ends when nobody listens any longer."""

    def __init__(self, lines: AsyncIterator[bytes], deadline: Deadline, future: Future[Any]) -> None:
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}  # nginx is to pass each line on at once
        super().__init__(lines, headers=headers, media_type=NDJSON)  # of the class, it would be told as a string
        self._deadline, self._future = deadline, future

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._deadline.cut()
            self._future.cancel()


@router.post("", status_code=201, responses=error_responses(408, 413, 415, 422, 429, 503, 504, 507))
async def begin(request: Request, state: AppStateDep, form: FilmUpload) -> FilmInfo:
    """Send a film; the answer's id stands for it until it expires."""
    check_libraries()
    name = safe_name(form.file.filename)
    if not is_film(name):
        raise ApiError(415, f"{name}: is no film by its name; MP4, MOV, MKV, AVI, WebM, MPEG and their like are")
    stored = await state.pool.run(request, lambda deadline: receive(form.file, state.settings, deadline))
    state.films.add(stored)
    return _info(stored, state)


@router.get("/{film_id}", responses=error_responses(404))
async def show(film_id: str, state: AppStateDep) -> FilmInfo:
    """What the film is, and whether it is coloured. Counts as a use of it."""
    return _info(state.films.get(film_id), state)


@router.delete("/{film_id}", status_code=204, response_model=None, responses=error_responses(404))
async def end(film_id: str, state: AppStateDep) -> None:
    """Forget the film now, and end the work on it."""
    state.films.drop(film_id)


@router.get("/{film_id}/shots", responses=error_responses(*WORKED_ON))
async def shots(film_id: str, request: Request, state: AppStateDep) -> Shots:
    """A frame of every shot, coloured, as a small JPEG; of the first hundred.

    Only frames that can be decoded by themselves are looked at: a short shot may have none.
    """
    stored = state.films.get(film_id)
    return Shots(shots=await state.pool.run(request, lambda deadline: _shots(stored, state, deadline), Urgency.LATER))


@router.get(
    "/{film_id}/frame",
    response_class=Response,
    responses={200: {"description": "8-bit grey.", "content": {"image/png": {}}}, **error_responses(*WORKED_ON)},
)
async def frame(film_id: str, request: Request, state: AppStateDep, time: Moment) -> Response:
    """The frame that is shown at a moment, upright, in its own pixels: a picture that a session can be made of, to
    place hints on."""
    stored = state.films.get(film_id)
    data = await state.pool.run(request, lambda _: _frame(stored, time))
    return Response(data, media_type="image/png", headers={"Cache-Control": "private, max-age=3600"})


@router.post(
    "/{film_id}/color",
    status_code=200,  # which FastAPI does not find in that class
    response_class=_LinesResponse,
    responses={200: LINES, **error_responses(404, 422, 429, 503)},
)
async def color(film_id: str, state: AppStateDep, body: FilmBody) -> StreamingResponse:
    """Colour the film, and say how far it is as long as it takes. One film is coloured at a time, others wait.

    A client that leaves stops the work; asked the same again, it goes on from there.
    """
    stored = state.films.get(film_id)
    job = _Job(stored, state, _options(stored, body))
    deadline, future = state.film_pool.submit(job.work, Urgency.SOON)
    return _LinesResponse(_lines(job, future), deadline, future)


@router.get("/{film_id}/file", response_class=FileResponse, responses={200: FILE, **error_responses(404)})
async def file(film_id: str, state: AppStateDep) -> FileResponse:
    """The coloured film."""
    stored = state.films.get(film_id)
    if not stored.colored.exists():
        raise ApiError(404, f"{stored.name}: is not coloured yet")
    headers = {"Content-Disposition": disposition(stored.colored_name), "Cache-Control": "no-store"}
    return FileResponse(stored.colored, media_type=MEDIA_TYPES[stored.colored.suffix], headers=headers)


def _info(stored: StoredFilm, state: AppState) -> FilmInfo:
    from colorizing_things.film.coloring import FilmOptions
    from colorizing_things.film.making import expected_frames

    film = stored.film
    width, height = film.upright
    return FilmInfo(
        id=stored.id, name=stored.name, width=width, height=height, seconds=film.seconds,
        rate=float(film.rate), frames=expected_frames(film, FilmOptions()), colored=stored.colored.exists(),
        expires_in=state.settings.session_seconds,
    )  # fmt: skip


def _options(stored: StoredFilm, body: FilmBody) -> FilmOptions:
    """As the core has it.

    Raises:
        SettingError: a value out of range.
    """
    from colorizing_things.film.coloring import FilmOptions
    from colorizing_things.film.hints import FilmHint
    from colorizing_things.film.tracks import check_place

    hints = tuple(FilmHint(point.time, point.hint()) for point in body.hints)
    with stored.at_work():
        for hint in hints:
            check_place(stored.film, hint)
    return FilmOptions(ColorOptions(mood=body.mood, seed=body.seed, look=body.look()), hints)


def _shots(stored: StoredFilm, state: AppState, deadline: Deadline) -> list[Shot]:
    from colorizing_things.film.coloring import FilmModel, FilmOptions
    from colorizing_things.film.preview import one_a_shot, thumbnail

    with stored.at_work(), stopping.stoppable_by(Stop(deadline.stop, stored.stop)):
        if stored.shots is None:
            film_model = FilmModel(state.colorizer.model, stored.film, FilmOptions())
            found = []
            for seen in one_a_shot(stored.film, film_model.options):
                deadline.check()
                jpeg = base64.b64encode(thumbnail(film_model, seen)).decode()
                found.append(Shot(time=stored.film.seconds_of(seen.pts), thumbnail=jpeg))
            stored.shots = found
        return stored.shots


def _frame(stored: StoredFilm, time: float) -> bytes:
    from colorizing_things.film.preview import gray_at

    with stored.at_work():
        return png(gray_at(stored.film, time)[..., None], "b-w")


@dataclass
class _Job:
    """One film being coloured: what a thread does, and what is known of it meanwhile."""

    stored: StoredFilm
    state: AppState
    options: FilmOptions
    progress: Progress | None = None

    def work(self, deadline: Deadline) -> FilmResult:
        """On a thread of the pool's."""
        from colorizing_things.film.encoding import FilmOutput
        from colorizing_things.film.making import make_film

        stored = self.stored
        with stored.at_work(), stopping.stoppable_by(Stop(deadline.stop, stored.stop)):
            output = FilmOutput(overwrite=True)
            model = self.state.colorizer.model
            return make_film(model, stored.film, stored.colored, self.options, output, self._report)

    def _report(self, progress: Progress) -> None:
        stopping.current().check()
        if not progress.frames % 100:  # a file may be longer than it says
            check_length(progress.frames / float(self.stored.film.rate), self.stored.name, self.state.settings)
        self.progress = progress

    def line(self) -> FilmWaiting | FilmProgress:
        """How far it is."""
        now = self.progress
        if now is None:
            return FilmWaiting()
        left = None if now.expected is None else max(0, now.expected - now.frames) / max(now.rate, 1e-3)
        return FilmProgress(
            frames=now.frames, expected=now.expected, shot=now.shot + 1, rate=round(now.rate, 2),
            seconds_left=None if left is None else math.ceil(left),
        )  # fmt: skip

    def done(self, made: FilmResult) -> FilmDone:
        """The last line, if all went well."""
        counts = made.counts
        return FilmDone(
            name=self.stored.colored_name, frames=counts.frames, shots=counts.shots, damaged=counts.damaged,
            lost=counts.lost, other_sizes=counts.other_sizes, broken_off=made.broken_off,
            bytes=self.stored.colored.stat().st_size,
        )  # fmt: skip


async def _lines(job: _Job, future: Future[Any]) -> AsyncIterator[bytes]:
    waiting = asyncio.wrap_future(future)
    try:
        while not waiting.done():
            yield _line(job.line())
            await asyncio.wait({waiting}, timeout=EVERY)
            with suppress(ApiError):  # forgotten meanwhile, and the work will say so
                job.state.films.get(job.stored.id)  # counts as a use
        yield _line(_last(job, waiting))
    finally:
        waiting.cancel()


def _last(job: _Job, ended: asyncio.Future[Any]) -> FilmDone | FilmFailed:
    try:
        return job.done(ended.result())
    except (Stopped, asyncio.CancelledError):
        if job.stored.stop.asked:
            return FilmFailed(status=404, detail=f"{job.stored.name}: is forgotten")
        return FilmFailed(status=503, detail="the server is shutting down")
    except Exception as error:
        status, detail, _ = error_parts("POST /v1/films/{film_id}/color", error)
        return FilmFailed(status=status, detail=detail)


def _line(said: FilmWaiting | FilmProgress | FilmDone | FilmFailed) -> bytes:
    return json.dumps(said.model_dump()).encode() + b"\n"
