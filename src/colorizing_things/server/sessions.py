"""``/v1/sessions``: set a picture once, and ask for its colours again and again."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

import numpy as np
from fastapi import APIRouter, Form, Query, Request, Response

from colorizing_things.chroma import Chroma, Float32
from colorizing_things.hints import Hint

from .files import DOCUMENTED, file_response, with_other_pages
from .layer import color_layer
from .lightness import lightness_png
from .one_shot import check_index
from .pool import Deadline
from .refusals import documented
from .schema import (
    Drawn,
    Palette,
    PaletteColor,
    PictureForm,
    PredictBody,
    RenderBody,
    SessionInfo,
    Variant,
    VariantsBody,
)
from .store import Kept
from .workshop import Shop, Workshop, abilities

router = APIRouter(prefix="/v1/sessions", tags=["sessions"])

WORKED_ON = (404, 422, 429, 503, 504)
UPLOADED = (408, 413, 415, 422, 429, 503, 504)
PLANES = {
    "description": "float32, little-endian: the planes a and b, and the confidence where the model gives one.",
    "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    "headers": {
        f"X-Chroma-{name}": {"schema": {"type": "integer"}, "description": said}
        for name, said in {"Width": "of a plane", "Height": "of a plane", "Planes": "2 or 3"}.items()
    },
}
LARGEST_SIDE = 16384

PictureUpload = Annotated[PictureForm, Form(media_type="multipart/form-data")]


@router.post("", status_code=201, responses=documented(*UPLOADED))
async def begin(request: Request, shop: Shop, form: PictureUpload) -> SessionInfo:
    """Set a picture; the answer's id stands for it until the session expires."""

    def work(deadline: Deadline) -> Kept:
        data, picture = shop.open(form.file, deadline)
        picture.check_whole(data, picture.name)
        session = shop.colorizer.session(picture)
        picture.deadline = None
        return Kept(picture.name, data, session)

    kept = await shop.pool.run(request, work)
    shop.store.add(kept)
    return _info(kept, shop)


@router.get("/{session_id}", responses=documented(404))
async def show(session_id: str, shop: Shop) -> SessionInfo:
    """What the session holds. Counts as a use of it."""
    return _info(shop.store.get(session_id), shop)


@router.delete("/{session_id}", status_code=204, response_model=None, responses=documented(404))
async def end(session_id: str, shop: Shop) -> None:
    """Forget the picture now."""
    shop.store.drop(session_id)


@router.get(
    "/{session_id}/lightness",
    response_class=Response,
    responses={200: {"description": "8-bit grey.", "content": {"image/png": {}}}, **documented(*WORKED_ON)},
)
async def lightness(
    session_id: str, request: Request, shop: Shop, max_side: Annotated[int, Query(ge=1, le=LARGEST_SIDE)] = 4096
) -> Response:
    """The upright picture's lightness as neutral sRGB codes, no larger than ``max_side``."""
    kept = shop.store.get(session_id)

    def work(deadline: Deadline) -> bytes:
        picture = shop.reopen(kept.data, kept.name, deadline)
        return lightness_png(kept.data, picture, max_side)

    data = await shop.pool.run(request, work)
    return Response(data, media_type="image/png", headers={"Cache-Control": "private, max-age=3600"})


@router.post("/{session_id}/predict", response_class=Response, responses={200: PLANES, **documented(*WORKED_ON)})
async def predict(session_id: str, request: Request, shop: Shop, body: PredictBody) -> Response:
    """The small field of colour."""
    kept, hints = shop.store.get(session_id), body.points()
    chroma = await shop.pool.run(request, lambda _: _chroma(kept, hints, body.variant))
    planes = [chroma.ab] if chroma.confidence is None else [chroma.ab, chroma.confidence[None]]
    _, height, width = chroma.ab.shape
    headers = {
        "X-Chroma-Width": str(width),
        "X-Chroma-Height": str(height),
        "X-Chroma-Planes": str(1 + len(planes)),
        "Cache-Control": "no-store",
    }
    return Response(b"".join(map(_bytes, planes)), media_type="application/octet-stream", headers=headers)


@router.post("/{session_id}/variants", responses=documented(*WORKED_ON))
async def variants(session_id: str, request: Request, shop: Shop, body: VariantsBody) -> Drawn:
    """Several plausible fields of colour, likeliest first; the same seed gives the same ones."""
    kept, hints = shop.store.get(session_id), body.points()
    drawn = await shop.pool.run(request, lambda _: kept.variants(body.count, body.seed, hints))
    _, height, width = drawn[0].ab.shape
    encoded = [base64.b64encode(_bytes(chroma.ab)).decode() for chroma in drawn]
    return Drawn(width=width, height=height, variants=encoded)


@router.get("/{session_id}/palette", responses=documented(*WORKED_ON))
async def palette(session_id: str, request: Request, shop: Shop, x: float, y: float) -> Palette:
    """Likely colours of one place, in the upright picture's own pixels."""
    kept = shop.store.get(session_id)
    swatches = await shop.pool.run(request, lambda _: kept.session.palette(x, y))
    colors = [PaletteColor(hex=s.hex, a=s.ab[0], b=s.ab[1], probability=s.probability) for s in swatches]
    return Palette(colors=colors)


@router.put("/{session_id}/reference", status_code=204, response_model=None, responses=documented(404, *UPLOADED))
async def set_reference(session_id: str, request: Request, shop: Shop, form: PictureUpload) -> None:
    """Take over the palette of another picture from now on."""
    kept = shop.store.get(session_id)
    await shop.pool.run(request, lambda deadline: kept.set_reference(shop.open(form.file, deadline)[1]))


@router.delete("/{session_id}/reference", status_code=204, response_model=None, responses=documented(404))
async def drop_reference(session_id: str, shop: Shop) -> None:
    """Go back to the picture's own palette."""
    shop.store.get(session_id).set_reference(None)


@router.post("/{session_id}/render", response_class=Response, responses={200: DOCUMENTED, **documented(*WORKED_ON)})
async def render(session_id: str, request: Request, shop: Shop, body: RenderBody) -> Response:
    """The coloured picture at full size: format and metadata are those of the original."""
    kept, hints = shop.store.get(session_id), body.points()
    look = body.look()
    output = body.output(kept.session.picture.kind)

    def work(deadline: Deadline) -> Response:
        picture = shop.reopen(kept.data, kept.name, deadline)
        chroma = _chroma(kept, hints, body.variant)
        if body.layer == "color":
            png = replace(output, format="png")
            return file_response(color_layer(picture, chroma.looked(look), png), kept.name, "png", "layer")
        fields = with_other_pages(shop.colorizer, picture, chroma)
        data = shop.colorizer.encode(
            picture, look=look, output=output, chroma=fields, max_pixels=shop.settings.max_pixels
        )
        return file_response(data, kept.name, output.encoding(picture.kind).format)

    return await shop.pool.run(request, work)


def _chroma(kept: Kept, hints: Sequence[Hint], variant: Variant | None) -> Chroma:
    if variant is None:
        return kept.session.predict(hints)
    check_index(variant.index, variant.count)
    return kept.variants(variant.count, variant.seed, hints)[variant.index]


def _bytes(plane: Float32) -> bytes:
    return np.ascontiguousarray(plane, "<f4").tobytes()


def _info(kept: Kept, shop: Workshop) -> SessionInfo:
    picture, card = kept.session.picture, shop.colorizer.card
    return SessionInfo(
        id=kept.id,
        name=kept.name,
        width=picture.width,
        height=picture.height,
        kind=picture.kind,
        pages=picture.pages,
        has_alpha=picture.has_alpha,
        default_size=card.default_size,
        can=abilities(card),
        expires_in=shop.settings.session_seconds,
    )
