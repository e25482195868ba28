"""``POST /v1/colorize``: a picture in, its coloured file out."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response

from colorizing_things.color.chroma import Chroma
from colorizing_things.colorizer import Colorizer
from colorizing_things.guidance.hints import Hint
from colorizing_things.imaging.picture import Picture
from colorizing_things.options import Look, check_index
from colorizing_things.session import Guide

from .dependencies import AppStateDep
from .errors import error_responses
from .files import FILE_RESPONSE, file_response, with_other_pages
from .pool import Deadline
from .schema import ColorizeForm

router = APIRouter(tags=["one picture"])


@router.post(
    "/v1/colorize",
    response_class=Response,
    responses={200: FILE_RESPONSE, **error_responses(408, 413, 415, 422, 429, 503, 504)},
)
async def colorize(
    request: Request, state: AppStateDep, form: Annotated[ColorizeForm, Form(media_type="multipart/form-data")]
) -> Response:
    """Colour one picture. Format, size, depth, transparency, pages and metadata are those of the original."""
    look, hints = form.look(form.size, form.mood, form.seed), [Hint.parse(text) for text in form.hint]

    def work(deadline: Deadline) -> Response:
        _, picture = state.open(form.file, deadline)
        output = form.output(picture.kind)
        reference = state.open(form.reference, deadline)[1] if form.reference else None
        guide = Guide(hints, None, reference) if hints or reference else None
        chroma = None
        if form.variant is not None:
            chroma = _variant(state.colorizer, picture, look, form.variant, form.variants, guide)
        data = state.colorizer.encode(
            picture, look=look, guide=guide, output=output, chroma=chroma, max_pixels=state.settings.max_pixels
        )
        return file_response(data, picture.name, output.encoding(picture.kind).format)

    return await state.pool.run(request, work)


def _variant(
    colorizer: Colorizer, picture: Picture, look: Look, index: int, count: int, guide: Guide | None
) -> list[Chroma]:
    check_index(index, count)
    session = colorizer.session(picture, size=look.size, guide=guide, mood=look.mood, seed=look.seed)
    return with_other_pages(colorizer, picture, session.variant(index, count), look)
