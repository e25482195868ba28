"""``POST /v1/colorize``: a picture in, its coloured file out."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response

from .dependencies import AppStateDep
from .errors import error_responses
from .files import FILE_RESPONSE, file_response, with_other_pages
from .pool import Deadline
from .schema import ColorizeForm
from .words import known_words_only

router = APIRouter(tags=["one picture"], dependencies=[Depends(known_words_only)])


@router.post(
    "/v1/colorize",
    response_class=Response,
    responses={200: FILE_RESPONSE, **error_responses(408, 413, 415, 422, 429, 503, 504, 507)},
)
async def colorize(
    request: Request, state: AppStateDep, form: Annotated[ColorizeForm, Form(media_type="multipart/form-data")]
) -> Response:
    """Colour one picture. Format, size, depth, transparency, pages and metadata are those of the original."""
    state.check_size(form.size)
    options, output = form.options(None), form.output()  # what cannot work is refused before anything is read

    def work(deadline: Deadline) -> Response:
        _, picture = state.open(form.file, deadline)
        coloring = form.options(state.open(form.reference, deadline)[1]) if form.reference else options
        chroma = None
        if form.variant is not None:
            session = state.colorizer.session(picture, coloring)
            first = session.variant(form.variant, form.variants)
            chroma = with_other_pages(state.colorizer, picture, first, coloring)
        data = state.colorizer.encode(picture, options=coloring, output=output, chroma=chroma)
        return file_response(data, picture.name, output.encoding(picture.kind).format)

    return await state.pool.run(request, work)
