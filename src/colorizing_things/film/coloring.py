"""A film's frames in colour, one after the other: read, cut into shots, carried, each stage in a thread of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from colorizing_things.color.chroma import Chroma
from colorizing_things.color.spaces import srgb_to_lightness
from colorizing_things.errors import SettingError
from colorizing_things.guidance import reference
from colorizing_things.guidance.hints import POINT, Hint
from colorizing_things.guidance.reach import PlacedHint, within_reach
from colorizing_things.model.hint_field import HintField
from colorizing_things.model.model import Model
from colorizing_things.model.seen import SeenPicture
from colorizing_things.options import ColorOptions
from colorizing_things.types import Codes, Float32

from .carry import APART, Carrier, Colored, Key, Prediction, PreviousKey
from .hints import FilmHint
from .luma import Scale, resized
from .motion import places
from .planes import differences, enlarged, rgb_of
from .prefetch import prefetch
from .reading import Film, Frame, ReadReport
from .shots import shots
from .sights import Sight, sight_of
from .tracks import Track, follow

DEPTH = 4  # frames that a stage is ahead of the next
LIGHTNESS = srgb_to_lightness(np.arange(256) / 255).astype(np.float32)
FRESH = 0.5  # trust under which a cell of noise is drawn anew
SEE_AGAIN = 0.34  # s between key frames, at most


@dataclass(frozen=True)
class FilmOptions:
    """How a film is coloured.

    Attributes:
        color: size, mood, seed, look and a reference; its hints of places are not for a film.
        hints: colours of places at moments.
        since, until: seconds from the film's start; None: all of it.

    Raises:
        SettingError: a moment that cannot be meant.
    """

    color: ColorOptions = field(default_factory=ColorOptions)
    hints: tuple[FilmHint, ...] = ()
    since: float | None = None
    until: float | None = None

    def __post_init__(self) -> None:
        if self.color.guide.places:
            raise SettingError("hints of a film need a moment: TIME:X,Y=#rrggbb, and no painted layer")
        for what, moment in (("from", self.since), ("to", self.until)):
            if moment is not None and not 0 <= moment < float("inf"):
                raise SettingError(f"{what} {moment}: must be 0 seconds or more")
        if self.until is not None and self.until <= (self.since or 0):
            raise SettingError(f"to {self.until:g}: is not after {self.since or 0:g}, where it begins")


@dataclass(frozen=True)
class ColoredFrame:
    """One coloured frame.

    Attributes:
        frame: as it was read.
        ab: CIELAB units, ``[2,h,w]`` over the frame as it is stored; zeros for a damaged one.
        shot: from 0, which shot it belongs to.
        begins: it is the first of its shot.
        key: the carrier's, on key frames.
        film: to which it belongs.
    """

    frame: Frame
    ab: Float32
    shot: int
    begins: bool
    key: Key | None
    film: Film = field(repr=False)

    @property
    def time(self) -> float:
        """Seconds from the film's start."""
        return self.film.seconds_of(self.frame.pts)

    @cached_property
    def rgb(self) -> Codes:
        """SRGB ``[H,W,3]``, uint8, upright."""
        value = self.film.scale.values(self.frame.luma)
        cb, cr = differences(value, enlarged(self.ab, *value.shape[::-1]))
        upright: Codes = np.rot90(rgb_of(value, cb, cr), self.film.turn).copy()
        return upright


class FilmModel:
    """A network before a film: frames as it sees them, and what it says of key frames."""

    def __init__(self, model: Model, film: Film, options: FilmOptions) -> None:
        """Raises SettingError: a mood or a reference for a model that has none."""
        self.model, self.film, self.options = model, film, options
        self.width, self.height = model.network_size(*film.shown_shape, options.color.size)
        card, color = model.card, options.color
        if color.mood is not None:
            card.require("mood")
        self.mood = card.mood if color.mood is None else color.mood
        self._drawn = 0
        self._reference = self._see_reference()
        if options.hints:
            card.require("hints")
        self._hinted = [self._followed(hint) for hint in options.hints]

    def small(self, frame: Frame) -> Codes:
        """A frame as the network sees it: upright, 0 black to 255 white, uint8 ``[h,w]``."""
        return small_picture(frame.luma, self.film, self.width, self.height)

    def __call__(self, frame: Frame, small: Codes, before: PreviousKey | None) -> Prediction:
        """What the network says of a key frame."""
        seen = self.model.see(LIGHTNESS[small])
        z = None
        if self.model.card.has_noise and self.mood:
            self._drawn = 0 if before is None else self._drawn + 1
            z = seen.noise(self._drawn, self.options.color.seed, self.mood)
            if before is not None and before.key.z is not None:
                z = carried_cells(before.key.z, z, before, self.model.card.noise_stride or 1)
            seen = seen.with_z(z)
        return Prediction(self._decoded(seen, self._hints(frame, seen)).ab, z)

    def _followed(self, hint: FilmHint) -> tuple[Hint, Track, Sight | None]:
        """Where it is in its shot, and what it was given on."""
        track = follow(self.film, hint, self.small, upper_codes(self.film))
        x, y = track.spot
        known = self.model.card.can("reference")
        sight = sight_of(self.model.see(LIGHTNESS[track.small]), int(y), int(x)) if known else None
        return hint.hint, track, sight

    def _hints(self, frame: Frame, seen: SeenPicture) -> list[PlacedHint]:
        """Those of its shot, where they are in it: followed, or known again."""
        found = []
        for hint, track, sight in self._hinted:
            if frame.pts in track.spots:
                x, y = track.spots[frame.pts]
                found.append(PlacedHint(int(y), int(x), hint.ab, hint.reach))
            elif sight and track.first <= frame.pts <= track.last and (again := sight.found_in(seen)):
                found.append(PlacedHint(*again, hint.ab, hint.reach))
        return found

    def _decoded(self, seen: SeenPicture, hints: list[PlacedHint]) -> Chroma:
        """As a picture's (:class:`.Session`): each hint within its reach."""
        kept = [hint for hint in hints if hint.reach != "alike"] if self.model.card.can("reach") else []
        field = None if self._reference is None else reference.hints_from(seen, *self._reference)
        given = HintField.none(*seen.L.shape)
        for hint in (hint for hint in hints if hint not in kept):
            given = given.with_patch(hint.row, hint.column, POINT, hint.ab)
        if len(kept) < len(hints):
            field = given if field is None else given.over(field)
        shown = seen.decode(field)
        return seen.decode(within_reach(seen, shown, kept)) if kept else shown

    def _see_reference(self) -> tuple[SeenPicture, Float32] | None:
        other = self.options.color.guide.reference
        if other is None:
            return None
        self.model.card.require("reference")
        width, height = self.model.network_size(other.width, other.height, self.options.color.size)
        return self.model.see(other.small_lightness(0, width, height)), other.small_ab(0, width, height)


def small_picture(luma: Codes, film: Film, width: int, height: int) -> Codes:
    """Luma upright, at another size, as grey of 8 bits."""
    stored = (height, width) if film.turn % 2 else (width, height)
    small = resized(luma, *stored)
    if film.scale != Scale(8, True):
        small = film.scale.converted(small, Scale(8, True))
    upright: Codes = np.rot90(small, film.turn).copy()
    return upright


def carried_cells(own: Float32, fresh: Float32, before: PreviousKey, stride: int) -> Float32:
    """Noise carried along the motion by whole cells, and fresh where nothing is to be carried.

    Noise between cells would be a mean of several, of a smaller variance, and pale the colours.
    """
    rows, columns = fresh.shape[1:]
    middle = stride // 4, stride // 2  # of a cell, at half size: the first, and how far to the next
    flow, trusted = (field[middle[0] :: middle[1], middle[0] :: middle[1]] for field in (before.flow, before.trusted))
    beyond = [(0, rows - flow.shape[0]), (0, columns - flow.shape[1])]  # the padded picture's
    flow, trusted = np.pad(flow, [*beyond, (0, 0)]), np.pad(trusted, beyond)
    there = np.rint(places(rows, columns) + 2 * flow / stride).astype(int)
    inside = ((there >= 0) & (there < (columns, rows))).all(-1) & (trusted > FRESH)
    column, row = np.clip(there[..., 0], 0, columns - 1), np.clip(there[..., 1], 0, rows - 1)
    return np.where(inside, own[:, row, column], fresh)


def color_frames(
    model: Model,
    film: Film,
    options: FilmOptions,
    found: ReadReport | None = None,
    since: int | None = None,
    key: Key | None = None,
    shot: int = -1,
) -> Iterator[ColoredFrame]:
    """A film's coloured frames.

    Args:
        model: the network.
        film: opened.
        options: how it is coloured.
        found: where to note what is wrong with the file.
        since: begin at the frame of that time, in units of the film's time base, instead of where the options say.
        key, shot: that frame's key and shot, of an earlier run; or none, and a new shot begins.

    Raises:
        PictureError: nothing can be decoded.
        SettingError: an option that does not fit the film or the model.
    """
    film_model = FilmModel(model, film, options)
    apart = max(1, min(APART, round(float(film.rate) * SEE_AGAIN)))
    carrier: Carrier[Frame] = Carrier(film_model, film_model.small, apart)
    frames = prefetch(frames_to_color(film, options, found, since), DEPTH)
    cut = shots(frames, upper_codes(film))
    for colored in prefetch(carrier(_going_on(cut, key is not None), key), DEPTH):
        shot += colored.begins
        yield _finished(colored, shot, film, options)


def frames_to_color(
    film: Film, options: FilmOptions, found: ReadReport | None, since: int | None = None, keys_only: bool = False
) -> Iterator[Frame]:
    """A film's frames within the options' span; or from ``since`` on."""
    if since is None and options.since is not None:
        since = film.start + int(np.ceil(options.since / film.time_base))
    for frame in film.frames(since, found, keys_only):
        if options.until is not None and film.seconds_of(frame.pts) >= options.until:
            return
        yield frame


def _going_on(frames: Iterable[tuple[Frame, bool]], going_on: bool) -> Iterator[tuple[Frame, bool]]:
    """The first frame begins no shot where an earlier run has begun it."""
    for number, (frame, begins) in enumerate(frames):
        yield frame, begins and not (going_on and number == 0)


def _finished(colored: Colored[Frame], shot: int, film: Film, options: FilmOptions) -> ColoredFrame:
    ab = Chroma(colored.ab).with_look(options.color.look).ab
    ab = np.ascontiguousarray(np.rot90(ab, -film.turn, axes=(1, 2)))
    if colored.frame.damaged:
        ab = np.zeros_like(ab)
    return ColoredFrame(colored.frame, ab, shot, colored.begins, colored.key, film)


def upper_codes(film: Film) -> Callable[[Frame], Codes]:
    """What gives a frame's luma with its codes in the upper bits."""
    up = 16 - film.scale.bits
    return lambda frame: frame.luma if film.scale.bits == 8 else np.left_shift(frame.luma, up)
