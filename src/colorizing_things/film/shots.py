"""Where one shot ends and the next begins: cuts, fades through black or white, dissolves; not flashes, nor pans."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

import cv2
import numpy as np

from colorizing_things.types import Codes

from .luma import resized

THUMB = 96  # px, the longer side of what is compared
CUT = 20.0  # codes of 255: what motion must leave unexplained for a cut
SUDDEN = 3.0  # times what the frames around leave unexplained
FLASH = 4  # frames: what looks as before after so few has only been lit, or hidden
BACK = 0.4  # of the change itself: as before
FLAT = 4.0  # codes: the deviation of a picture of nothing
DISSOLVE = 8  # frames to either side of a dissolve's middle
# Two pictures that lie over each other have half the variance that they have by themselves, wherever they move to
# meanwhile (Alattar, Detecting and compressing dissolve regions in video sequences, ISCAS 1993).
HALF = 0.64  # of the mean of the sides' variances
MIXED = 1.1  # how far a dissolve's middle is from the mean of its sides, by half their difference; a flash is farther
STILL = 0.45  # so far where nothing moves: pictures that are somewhat alike lose less variance
FAINT = 0.5  # deviation of one side by the other's: less, and it is a fade
LOOK = 2 * DISSOLVE  # frames that are known before one is judged
Shown = TypeVar("Shown")


class Seen:
    """A small picture, and what motion leaves unexplained between it and the one before."""

    def __init__(self, luma: Codes, before: Seen | None) -> None:
        scale = THUMB / max(luma.shape)
        size = tuple(max(16, round(side * scale)) for side in luma.shape[::-1])
        thumb = resized(luma, *size)
        self.thumb: Codes = (thumb >> 8).astype(np.uint8) if thumb.dtype == np.uint16 else thumb
        self.variance = float(self.thumb.var())
        self.flat = self.variance < FLAT**2
        self.change = unexplained(before.thumb, self.thumb) if before else 0.0


def unexplained(one: Codes, other: Codes) -> float:
    """What motion and a change of light leave of the difference of two small pictures: codes a place."""
    flow = _estimator().calc(other, one, None)  # type: ignore[call-overload]
    rows, columns = np.mgrid[: one.shape[0], : one.shape[1]].astype(np.float32)
    moved = cv2.remap(
        one, columns + flow[..., 0], rows + flow[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    left = moved.astype(np.float32) - other
    return float(np.abs(left - np.median(left)).mean())


def _estimator() -> cv2.DISOpticalFlow:
    return cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)


def shots(frames: Iterable[Shown], luma: Callable[[Shown], Codes]) -> Iterator[tuple[Shown, bool]]:
    """Frames, and whether each begins a shot; the first does.

    Args:
        frames: one after the other; :data:`LOOK` of them are looked at ahead.
        luma: a frame's, of any size, uint8 or uint16 with its codes in the upper bits.
    """
    behind: deque[Seen] = deque(maxlen=DISSOLVE + FLASH + 1)
    ahead: deque[tuple[Shown, Seen]] = deque()
    judge = _Judge()
    before: Seen | None = None
    for frame in frames:
        before = Seen(luma(frame), before)
        ahead.append((frame, before))
        if len(ahead) > LOOK:
            yield _next(judge, behind, ahead)
    while ahead:
        yield _next(judge, behind, ahead)


def _next(judge: _Judge, behind: deque[Seen], ahead: deque[tuple[Shown, Seen]]) -> tuple[Shown, bool]:
    begins = judge(list(behind), [seen for _, seen in ahead])
    frame, seen = ahead.popleft()
    behind.append(seen)
    return frame, begins


class _Judge:
    """Judges frames one after the other, with what lies around them."""

    def __init__(self) -> None:
        self._since = 0  # frames of the shot so far
        self._flat = 0  # of them, frames of nothing just now

    def __call__(self, behind: list[Seen], ahead: list[Seen]) -> bool:
        begins = not behind or self._is_cut(behind, ahead) or self._is_faded_in(behind, ahead)
        begins = begins or (self._since > DISSOLVE and self._is_dissolved(behind, ahead))
        self._since = 1 if begins else self._since + 1
        self._flat = self._flat + 1 if ahead[0].flat else 0
        return begins

    def _is_cut(self, behind: list[Seen], ahead: list[Seen]) -> bool:
        change = ahead[0].change
        if change < CUT or ahead[0].flat or behind[-1].flat:
            return False
        around = [seen.change for seen in (*behind[-FLASH:], *ahead[1 : FLASH + 1])]
        if around and change < SUDDEN * float(np.median(around)):
            return False
        return not self._goes_on(behind[-FLASH:], ahead[: FLASH + 1], change)

    def _goes_on(self, before: list[Seen], after: list[Seen], change: float) -> bool:
        """Whether what was seen before is seen again soon: then it was a flash, or something in the way."""
        return any(unexplained(one.thumb, other.thumb) < BACK * change for one in before[::-1] for other in after)

    def _is_faded_in(self, behind: list[Seen], ahead: list[Seen]) -> bool:
        """The first picture after nothing, but for a flash in a scene that goes on."""
        if ahead[0].flat or not self._flat:
            return False
        if self._flat > FLASH:
            return True
        before, after = behind[: -self._flat], ahead[: DISSOLVE + 1]
        return not before or unexplained(before[0].thumb, after[-1].thumb) > CUT  # both at their full light

    def _is_dissolved(self, behind: list[Seen], ahead: list[Seen]) -> bool:
        """The middle of two pictures that lie over each other."""
        if len(behind) < DISSOLVE or len(ahead) <= LOOK:
            return False
        around = [*behind[-DISSOLVE:], *ahead]
        if not _is_middle(around):
            return False
        sides = around[1 : 2 * DISSOLVE + 1]
        if any(seen.flat for seen in sides) or max(seen.change for seen in sides) > CUT:
            return False
        first, last = around[0].thumb, around[2 * DISSOLVE].thumb
        fainter, stronger = sorted((first.std(), last.std()))
        return bool(fainter > FAINT * stronger) and unexplained(first, last) > CUT


def _is_middle(around: Sequence[Seen]) -> bool:
    """Whether two pictures lie over each other here rather than a little later."""
    mixed = [_mixture(around, at) for at in range(DISSOLVE, DISSOLVE + DISSOLVE // 2)]
    if mixed[0] < STILL and mixed[0] == min(mixed):
        return True
    left = [_variance_left(around, at) for at in range(DISSOLVE, 2 * DISSOLVE + 1)]
    return mixed[0] < MIXED and left[0] < HALF and left[0] == min(left)


def _variance_left(around: Sequence[Seen], at: int) -> float:
    """A picture's variance by the mean of those to its sides."""
    sides = around[at - DISSOLVE].variance + around[at + DISSOLVE].variance
    return 2 * around[at].variance / max(sides, 1.0)


def _mixture(around: Sequence[Seen], at: int) -> float:
    first, now, last = (around[n].thumb.astype(np.float64) for n in (at - DISSOLVE, at, at + DISSOLVE))
    apart = np.abs(first - last).mean() / 2
    return float(np.abs(now - (first + last) / 2).mean() / max(apart, 1.0))
