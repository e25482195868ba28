"""A film on one sheet: a frame of every shot, coloured, before an hour's work."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyvips

from colorizing_things.color.chroma import Chroma
from colorizing_things.errors import PictureError, SettingError
from colorizing_things.imaging.contact_sheet import TILE, save_tiles
from colorizing_things.imaging.writing import check_destination
from colorizing_things.model.model import Model
from colorizing_things.types import Codes

from .coloring import FilmModel, FilmOptions, frames_to_color, small_picture, upper_codes
from .luma import Scale
from .planes import differences, enlarged, rgb_of
from .reading import Film, Frame, ReadReport
from .shots import CUT, Seen, unexplained

MOST = 100  # shots on a sheet
MOST_APART = 1.0  # s from one frame to the next: so far back one is looked for that is still shown


def save_preview(model: Model, film: Film, options: FilmOptions, path: Path, overwrite: bool) -> int:
    """Write the sheet, a JPEG; return how many shots are on it.

    Only frames that can be decoded by themselves are looked at, one a second or so: shots that have none are missed.

    Raises:
        PictureError: it is there already, or cannot be written, or the film cannot be read.
    """
    check_destination(path, film.path, overwrite)
    film_model = FilmModel(model, film, options)
    tiles = [tile(film_model, frame) for frame in one_a_shot(film, options)]
    if not tiles:
        raise PictureError(f"{film.name}: has no frame between those moments")
    save_tiles(tiles, path)
    return len(tiles)


def one_a_shot(film: Film, options: FilmOptions) -> Iterator[Frame]:
    """A frame of every shot, from its middle or after it; the first :data:`MOST`."""
    codes = upper_codes(film)
    before: Seen | None = None
    kept: Frame | None = None
    length = shots = 0
    for frame in frames_to_color(film, options, ReadReport(), keys_only=True):
        seen = Seen(codes(frame), None)
        if before is not None and unexplained(before.thumb, seen.thumb) > CUT and kept is not None:
            yield kept
            shots, kept, length = shots + 1, None, 0
            if shots == MOST:
                return
        length += 1
        if kept is None or not length & (length - 1):  # the 1st, 2nd, 4th, 8th ...: the last is past the middle
            kept = frame
        before = seen
    if kept is not None:
        yield kept


def thumbnail(film_model: FilmModel, frame: Frame) -> bytes:
    """A frame, coloured, as a small JPEG."""
    image = pyvips.Image.new_from_array(tile(film_model, frame), interpretation="srgb")
    return bytes(image.jpegsave_buffer(Q=85, keep="none"))


def gray_at(film: Film, time: float) -> Codes:
    """The frame that is shown ``time`` seconds after the film's start: upright, grey, uint8 ``[H,W]``.

    Raises:
        SettingError: the film is over by then.
    """
    at = film.start + round(time / film.time_base)
    before = round(MOST_APART / film.time_base)
    for frame in film.frames(max(film.start, at - before)):
        if frame.pts + frame.duration > at:
            return small_picture(frame.luma, film, *film.upright)
    raise SettingError(f"{time:g}s: {film.name} is over by then")


def tile(film_model: FilmModel, frame: Frame) -> Codes:
    """A frame, coloured, of a size for a sheet: sRGB ``[h,w,3]``, uint8."""
    film = film_model.film
    ab = Chroma(film_model(frame, film_model.small(frame), None).ab).with_look(film_model.options.color.look).ab
    scale = TILE / max(film.shown_shape)
    width, height = (max(1, round(side * min(1, scale))) for side in film.shown_shape)
    value = Scale(8, True).values(small_picture(frame.luma, film, width, height))
    return rgb_of(value, *differences(value, enlarged(ab, width, height)))
