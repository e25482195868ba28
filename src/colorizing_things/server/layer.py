"""The colour alone: a transparent picture that, laid over the original, colours it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt

from colorizing_things.color.chroma import Chroma
from colorizing_things.color.join import Joiner
from colorizing_things.imaging.metadata import copy_metadata
from colorizing_things.imaging.picture import Picture
from colorizing_things.imaging.rows import RowSource
from colorizing_things.imaging.writing import Sheet, to_bytes
from colorizing_things.options import OutputOptions

from .lightness import eight_bit


def color_layer(picture: Picture, chroma: Chroma, output: OutputOptions) -> bytes:
    """A PNG of the first page's size that holds its colour and as little else as can be.

    Laid over the grey original it gives the coloured picture, in an editor's "Normal" mode to a code or two, and in
    "Color" mode too, which goes on working after the original has been retouched. Grey places are clear.
    """
    encoding, one = output.encoding(picture.kind), picture.part(0)
    joiner = Joiner(chroma, one.height, one.width, deep=False)

    @contextmanager
    def sheet() -> Iterator[Sheet]:
        with RowSource(_rows(one, joiner), one.width, one.height, 4, False) as rows:
            image, beside = copy_metadata(one, rows, encoding.format)
            yield Sheet(encoding.prepare(image), beside)

    return to_bytes([sheet()], encoding, picture.name, 1)


def _rows(picture: Picture, joiner: Joiner) -> Iterator[npt.NDArray[np.uint8]]:
    for strip in picture.strips(0):
        gray = eight_bit(np.asarray(strip.lightness))
        yield layer_over(gray, np.asarray(joiner(strip.top, strip.lightness)), _alpha(strip.alpha))


def _alpha(alpha: npt.NDArray[Any] | None) -> npt.NDArray[Any] | None:
    return None if alpha is None else alpha / np.float32(np.iinfo(alpha.dtype).max)


def layer_over(
    gray: npt.NDArray[np.uint8], colored: npt.NDArray[np.uint8], alpha: npt.NDArray[Any] | None = None
) -> npt.NDArray[np.uint8]:
    """The most transparent RGBA ``[h,w,4]`` that over ``gray`` [h,w] gives ``colored`` [h,w,3].

    Where ``colored = grey + A * (layer - grey)``, A is the least for which the layer stays in 0..255 (Porter and
    Duff, Compositing Digital Images, 1984, solved for the upper picture). ``alpha`` [h,w] in 0..1, the picture's
    own, multiplies A.
    """
    under = gray.astype(np.float32)[..., None]
    added = colored.astype(np.float32) - under
    room = np.where(added > 0, 255 - under, under)
    cover = np.ceil((np.abs(added) / np.maximum(room, 1)).max(-1).clip(0, 1) * 255) / 255
    layer = under + added / np.maximum(cover, 1 / 255)[..., None]
    opacity = cover if alpha is None else cover * alpha
    out = np.concatenate([layer, 255 * opacity[..., None]], axis=-1)
    return out.clip(0, 255).round().astype(np.uint8)
