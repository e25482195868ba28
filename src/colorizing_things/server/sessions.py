"""``/v1/sessions``: set a picture once, and ask for its colours again and again."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Annotated

import numpy as np
from fastapi import APIRouter, Depends, Form, Query, Request, Response

from colorizing_things.color.chroma import Chroma
from colorizing_things.guidance.hints import Hint
from colorizing_things.imaging.picture import Picture
from colorizing_things.options import ColorOptions
from colorizing_things.types import Float32

from .dependencies import AppState, AppStateDep
from .errors import error_responses
from .files import FILE_RESPONSE, file_response, with_other_pages
from .layer import color_layer
from .lightness import lightness_png, original_png
from .pool import Deadline, Urgency
from .schema import (
    MOST_HINTS,
    Palette,
    PaletteColor,
    PictureForm,
    PredictBody,
    RenderBody,
    SessionInfo,
    VariantsAnswer,
    VariantsBody,
)
from .store import StoredSession
from .words import known_words_only

router = APIRouter(
    prefix="/v1/sessions", tags=["sessions"], dependencies=[Depends(known_words_only)], responses=error_responses(422)
)

WORKED_ON = (404, 422, 429, 503, 504)
UPLOADED = (408, 413, 415, 422, 429, 503, 504, 507)
PLANES = {
    "description": "float32, little-endian: the planes a and b, and the confidence where the model gives one.",
    "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    "headers": {
        f"X-Chroma-{name}": {"schema": {"type": "integer"}, "description": detail}
        for name, detail in {"Width": "of a plane", "Height": "of a plane", "Planes": "2 or 3"}.items()
    },
}
LARGEST_SIDE = 16384

MaxSide = Annotated[int, Query(ge=1, le=LARGEST_SIDE)]
HintQuery = Annotated[
    Sequence[str], Query(max_length=MOST_HINTS, description="X,Y=#rrggbb in the upright picture's own pixels.")
]

PictureUpload = Annotated[PictureForm, Form(media_type="multipart/form-data")]


@router.post("", status_code=201, responses=error_responses(*UPLOADED))
async def begin(request: Request, state: AppStateDep, form: PictureUpload) -> SessionInfo:
    """Set a picture; the answer's id stands for it until the session expires."""

    def work(deadline: Deadline) -> StoredSession:
        data, picture = state.open(form.file, deadline)
        picture.check_whole()
        session = state.colorizer.session(picture)
        picture.deadline = None
        return StoredSession(picture.name, data, session)

    stored = await state.pool.run(request, work)
    state.store.add(stored)
    return _info(stored, state)


@router.get("/{session_id}", responses=error_responses(404))
async def show(session_id: str, state: AppStateDep) -> SessionInfo:
    """What the session holds. Counts as a use of it."""
    return _info(state.store.get(session_id), state)


@router.delete("/{session_id}", status_code=204, response_model=None, responses=error_responses(404))
async def end(session_id: str, state: AppStateDep) -> None:
    """Forget the picture now."""
    state.store.drop(session_id)


@router.get(
    "/{session_id}/lightness",
    response_class=Response,
    responses={200: {"description": "8-bit grey.", "content": {"image/png": {}}}, **error_responses(*WORKED_ON)},
)
async def lightness(session_id: str, request: Request, state: AppStateDep, max_side: MaxSide = 4096) -> Response:
    """The upright picture's lightness as neutral sRGB codes, no larger than ``max_side``; with alpha if it has one."""
    return await _shown(session_id, request, state, lambda picture: lightness_png(picture, max_side))


@router.get(
    "/{session_id}/original",
    response_class=Response,
    responses={200: {"description": "8-bit sRGB.", "content": {"image/png": {}}}, **error_responses(*WORKED_ON)},
)
async def original(session_id: str, request: Request, state: AppStateDep, max_side: MaxSide = 4096) -> Response:
    """The upright picture as it was sent, in its own colours, no larger than ``max_side``."""
    return await _shown(session_id, request, state, lambda picture: original_png(picture, max_side))


@router.post("/{session_id}/predict", response_class=Response, responses={200: PLANES, **error_responses(*WORKED_ON)})
async def predict(session_id: str, request: Request, state: AppStateDep, body: PredictBody) -> Response:
    """The small field of colour."""
    stored, hints = state.store.get(session_id), body.points()
    chroma = await state.pool.run(request, lambda deadline: _chroma(stored, body, hints, deadline), Urgency.NOW)
    planes = [chroma.ab] if chroma.confidence is None else [chroma.ab, chroma.confidence[None]]
    _, height, width = chroma.ab.shape
    headers = {
        "X-Chroma-Width": str(width),
        "X-Chroma-Height": str(height),
        "X-Chroma-Planes": str(1 + len(planes)),
        "Cache-Control": "no-store",
    }
    return Response(b"".join(map(_bytes, planes)), media_type="application/octet-stream", headers=headers)


@router.post("/{session_id}/variants", responses=error_responses(*WORKED_ON))
async def variants(session_id: str, request: Request, state: AppStateDep, body: VariantsBody) -> VariantsAnswer:
    """Several plausible fields of colour, likeliest first; the same seed gives the same ones."""
    stored, hints = state.store.get(session_id), body.points()

    def work(deadline: Deadline) -> list[Chroma]:
        return stored.variants(stored.session.shown_with(body.mood), body.count, body.seed, hints, deadline)

    drawn = await state.pool.run(request, work, Urgency.LATER)
    _, height, width = drawn[0].ab.shape
    encoded = [base64.b64encode(_bytes(chroma.ab)).decode() for chroma in drawn]
    return VariantsAnswer(width=width, height=height, variants=encoded)


@router.get("/{session_id}/palette", responses=error_responses(*WORKED_ON))
async def palette(
    session_id: str, request: Request, state: AppStateDep, x: float, y: float, hint: HintQuery = ()
) -> Palette:
    """Likely colours of one place, in the upright picture's own pixels, beside the hints given so far."""
    stored, hints = state.store.get(session_id), [Hint.parse(text) for text in hint]
    swatches = await state.pool.run(request, lambda _: stored.session.palette(x, y, hints), Urgency.NOW)
    colors = [PaletteColor(hex=s.hex, a=s.ab[0], b=s.ab[1], probability=s.probability) for s in swatches]
    return Palette(colors=colors)


@router.put("/{session_id}/reference", status_code=204, response_model=None, responses=error_responses(404, *UPLOADED))
async def set_reference(session_id: str, request: Request, state: AppStateDep, form: PictureUpload) -> None:
    """Take over the palette of another picture from now on."""
    stored = state.store.get(session_id)
    await state.pool.run(request, lambda deadline: stored.set_reference(state.open(form.file, deadline)[1]))


@router.delete("/{session_id}/reference", status_code=204, response_model=None, responses=error_responses(404))
async def drop_reference(session_id: str, state: AppStateDep) -> None:
    """Go back to the picture's own palette."""
    state.store.get(session_id).set_reference(None)


@router.post(
    "/{session_id}/render", response_class=Response, responses={200: FILE_RESPONSE, **error_responses(*WORKED_ON)}
)
async def render(session_id: str, request: Request, state: AppStateDep, body: RenderBody) -> Response:
    """The coloured picture at full size: format and metadata are those of the original."""
    stored, hints = state.store.get(session_id), body.points()
    options, output = ColorOptions(mood=body.mood, seed=body.seed, look=body.look()), body.output()

    def work(deadline: Deadline) -> Response:
        picture = state.reopen(stored.data, stored.name, deadline)
        chroma = _chroma(stored, body, hints, deadline)
        if body.layer == "color":
            png = replace(output, format="png")
            return file_response(color_layer(picture, chroma.with_look(options.look), png), stored.name, "png", "layer")
        fields = with_other_pages(state.colorizer, picture, chroma, options)
        data = state.colorizer.encode(picture, options=options, output=output, chroma=fields)
        return file_response(data, stored.name, output.encoding(picture.kind).format)

    return await state.pool.run(request, work)


async def _shown(session_id: str, request: Request, state: AppState, draw: Callable[[Picture], bytes]) -> Response:
    stored = state.store.get(session_id)
    data = await state.pool.run(request, lambda deadline: draw(state.reopen(stored.data, stored.name, deadline)))
    return Response(data, media_type="image/png", headers={"Cache-Control": "private, max-age=3600"})


def _chroma(stored: StoredSession, body: PredictBody, hints: Sequence[Hint], deadline: Deadline) -> Chroma:
    shown = stored.session.shown_with(body.mood, body.seed)
    if body.variant is None:
        return shown.predict(hints)
    wanted = body.variant
    return stored.variant(shown, wanted.index, wanted.count, wanted.seed, hints, deadline)


def _bytes(plane: Float32) -> bytes:
    return np.ascontiguousarray(plane, "<f4").tobytes()


def _info(stored: StoredSession, state: AppState) -> SessionInfo:
    picture, card = stored.session.picture, state.colorizer.card
    return SessionInfo(
        id=stored.id,
        name=stored.name,
        width=picture.width,
        height=picture.height,
        kind=picture.kind,
        pages=picture.pages,
        has_alpha=picture.has_alpha,
        default_size=card.default_size,
        can=list(card.abilities),
        mood=card.mood,
        expires_in=state.settings.session_seconds,
    )
