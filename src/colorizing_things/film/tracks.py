"""Where a hinted place is in the other frames of its shot."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from colorizing_things.errors import SettingError
from colorizing_things.types import Codes

from .hints import FilmHint
from .motion import Motion, halved, trust
from .reading import Film, Frame
from .shots import shots

BACK = 60.0  # s: so far back a shot's beginning is looked for
MOST = 100 << 20  # bytes of small frames that are kept meanwhile: a minute's at the usual size
SURE = 0.3  # trust in the motion at a place under which it is lost

Spot = tuple[float, float]  # x, y in pixels of a small frame


@dataclass(frozen=True)
class Track:
    """A hinted place in its shot; times in the film's time base.

    Attributes:
        spots: where it is, by a frame's time, as far as it could be followed.
        first, last: times of the shot's first and last frame.
        small: the frame that the hint was given in, as the network sees it, uint8.
        spot: where in that.
    """

    spots: dict[int, Spot]
    first: int
    last: int
    small: Codes
    spot: Spot


def follow(film: Film, hint: FilmHint, small: Callable[[Frame], Codes], codes: Callable[[Frame], Codes]) -> Track:
    """A hinted place, frame by frame through its shot, as far as it can be followed.

    Args:
        film: opened.
        hint: in the upright frame's own pixels.
        small: a frame at the size that the network sees, upright.
        codes: a frame's luma for finding shots.

    Raises:
        SettingError: outside of the film or of its frames.
    """
    check_place(film, hint)
    width, height = film.upright
    x, y = hint.hint.x, hint.hint.y
    at = film.start + round(hint.time / film.time_base)
    since = max(film.start, at - round(BACK / film.time_base))
    earlier: deque[tuple[int, Codes]] = deque()
    frames = shots(film.frames(since), codes)
    for frame, begins in frames:
        if begins:
            earlier.clear()
        now = small(frame)
        earlier.append((frame.pts, now))
        if len(earlier) * now.nbytes > MOST:
            earlier.popleft()
        if frame.pts + frame.duration > at:
            rows, columns = now.shape
            spot = (x * columns / width, y * rows / height)
            backwards, rest = list(earlier)[::-1], _rest(earlier[-1], frames, small)
            spots = _along(spot, iter(backwards)) | _along(spot, rest)
            last = max([*spots, *(pts for pts, _ in rest)])
            return Track(spots, earlier[0][0], last, now, spot)
    raise SettingError(f"hint at {hint.time:g}s: {film.name} is over by then")


def check_place(film: Film, hint: FilmHint) -> None:
    """Refuse a place that no frame has.

    Raises:
        SettingError: outside of the film's frames.
    """
    width, height = film.upright
    x, y = hint.hint.x, hint.hint.y
    if not (0 <= x < width and 0 <= y < height):
        raise SettingError(f"hint at {x:g},{y:g}: outside of {film.name}, which is {width} x {height}")


def _rest(
    first: tuple[int, Codes], frames: Iterator[tuple[Frame, bool]], small: Callable[[Frame], Codes]
) -> Iterator[tuple[int, Codes]]:
    """A frame, and what follows of its shot."""
    yield first
    for frame, begins in frames:
        if begins:
            return
        yield frame.pts, small(frame)


def _along(spot: Spot, frames: Iterator[tuple[int, Codes]]) -> dict[int, Spot]:
    """From the first of these frames on, until it is lost or leaves the picture."""
    motion, found = Motion(), {}
    before: Codes | None = None
    for pts, small in frames:
        if before is not None:
            moved = _moved(spot, before, small, motion)
            if moved is None:
                break
            spot = moved
        found[pts] = spot
        before = small
    return found


def _moved(spot: Spot, one: Codes, other: Codes, motion: Motion) -> Spot | None:
    flow, back = motion(one, other), motion(other, one)  # at half the size
    row, column = int(spot[1] / 2), int(spot[0] / 2)
    near = slice(max(0, row - 1), row + 2), slice(max(0, column - 1), column + 2)
    if float(trust(flow, back, halved(one), halved(other))[near].mean()) < SURE:
        return None
    step = np.median(flow[near].reshape(-1, 2), axis=0)
    x, y = spot[0] + 2 * float(step[0]), spot[1] + 2 * float(step[1])
    inside = 0 <= x < one.shape[1] and 0 <= y < one.shape[0]
    return (x, y) if inside else None
