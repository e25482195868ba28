"""Coloured pictures as HTTP sends them."""

from __future__ import annotations

from pathlib import Path

from fastapi import Response

from colorizing_things.color.chroma import Chroma
from colorizing_things.colorizer import Colorizer
from colorizing_things.imaging.picture import Picture
from colorizing_things.imaging.writing import suffix_for
from colorizing_things.options import ColorOptions

from .uploads import disposition

MEDIA_TYPES = {
    "jpeg": "image/jpeg",
    "png": "image/png",
    "tiff": "image/tiff",
    "webp": "image/webp",
    "avif": "image/avif",
}
FILE_RESPONSE = {
    "description": "The file.",
    "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in MEDIA_TYPES.values()},
}


def file_response(data: bytes, name: str, format_name: str, what: str = "color") -> Response:
    """A download called after the original: ``old.color.jpg`` for ``old.jpg``."""
    original = Path(name)
    called = f"{original.stem}.{what}{suffix_for(original, format_name)}"
    headers = {"Content-Disposition": disposition(called), "Cache-Control": "no-store"}
    return Response(data, media_type=MEDIA_TYPES[format_name], headers=headers)


def with_other_pages(colorizer: Colorizer, picture: Picture, first: Chroma, options: ColorOptions) -> list[Chroma]:
    """The first page's colours, and what the network says of the others."""
    others = range(1, picture.pages)
    return [first, *(colorizer.predict(picture, options.unguided(), page=page) for page in others)]
