"""Colours that belong to things: a network's evidence on key frames, carried along motion, averaged over time.

The network sees a key frame every few frames. What it says there is averaged with what the key frame before has,
carried along the motion, each place weighed by how many key frames speak of it and how far the motion to it is
trusted. The frames between two key frames take the colours of both, carried from either side: what is covered in one
is seen in the other.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

import cv2
import numpy as np

from colorizing_things.types import Codes, Float32

from .motion import Motion, halved, joined, resized_flow, trust, warp

APART = 8  # frames from one key frame to the next, at most
LOST = 0.5  # mean trust under which the next key frame comes at once
MOST_WEIGHT = 12.0  # key frames: what has been seen longer ago fades
LEAST = 1e-3
Shown = TypeVar("Shown")


@dataclass(frozen=True)
class Key:
    """A key frame's colours, as they are shown.

    Attributes:
        ab: CIELAB units, ``[h,w,2]``.
        weight: how many key frames speak of each place, ``[h,w]``.
        small: the frame, uint8, at the size that the network sees.
        z: the noise that it was drawn with, of a network that has some.
    """

    ab: Float32
    weight: Float32
    small: Codes
    z: Float32 | None = None


@dataclass(frozen=True)
class PreviousKey:
    """The key frame before another, and how the other lies to it: the flow back, and its trust, at half of
    ``small``'s size."""

    key: Key
    flow: Float32
    trusted: Float32


@dataclass(frozen=True)
class Prediction:
    """What a network says of a key frame: ab ``[2,h,w]``, and the noise that it was drawn with."""

    ab: Float32
    z: Float32 | None = None


@dataclass(frozen=True)
class Colored(Generic[Shown]):
    """A frame and its colours.

    Attributes:
        frame: as it was given.
        ab: CIELAB units, float32 ``[2,h,w]`` over the whole frame.
        begins: it begins a shot.
        key: of a key frame, what the next ones are coloured by.
    """

    frame: Shown
    ab: Float32
    begins: bool
    key: Key | None = None


Evidence = Callable[[Shown, Codes, PreviousKey | None], Prediction]  # of a frame, given at the network's size too


class Carrier(Generic[Shown]):
    """Colours frames, shot by shot."""

    def __init__(self, evidence: Evidence[Shown], small: Callable[[Shown], Codes], apart: int = APART) -> None:
        """``evidence`` asks the network; ``small`` gives a frame as it sees it; ``apart``: 1 for key frames only."""
        self._evidence, self._small, self._apart = evidence, small, apart
        self._motion = Motion()

    def __call__(self, frames: Iterable[tuple[Shown, bool]], key: Key | None = None) -> Iterator[Colored[Shown]]:
        """Frames and whether each begins a shot, coloured. ``key``: the first frame's own, of an earlier run."""
        stretch: _Stretch[Shown] | None = None
        for frame, begins in frames:
            small = self._small(frame)
            if stretch is None or begins:
                if stretch is not None:
                    yield from self._closed(stretch)
                begun = key if stretch is None and key is not None else self._first(frame, small)
                yield Colored(frame, _planes(begun.ab), begins, begun)
                stretch = _Stretch(begun, small)
                continue
            stretch.add(frame, small, self._motion)
            if len(stretch.frames) >= self._apart or stretch.lost:
                last = yield from self._closed(stretch)
                stretch = _Stretch(last, small)
        if stretch is not None:
            yield from self._closed(stretch)

    def _first(self, frame: Shown, small: Codes) -> Key:
        said = self._evidence(frame, small, None)
        ab = _last(said.ab)
        return Key(ab, np.ones(ab.shape[:2], np.float32), small, said.z)

    def _closed(self, stretch: _Stretch[Shown]) -> Generator[Colored[Shown], None, Key]:
        """Colour a stretch of frames, the last of them as a key frame, which is returned."""
        if not stretch.frames:
            return stretch.begun
        key = self._key(stretch)
        back = stretch.backwards()
        for number, frame in enumerate(stretch.frames[:-1]):
            share = (number + 1) / len(stretch.frames)
            ab = _between(stretch.begun, key, stretch.maps[number], back[number], share)
            yield Colored(frame, _planes(ab), False)
        yield Colored(stretch.frames[-1], _planes(key.ab), False, key)
        return key

    def _key(self, stretch: _Stretch[Shown]) -> Key:
        begun, (flow, trusted) = stretch.begun, stretch.maps[-1]
        small = stretch.smalls[-1]
        said = self._evidence(stretch.frames[-1], small, PreviousKey(begun, flow, trusted))
        flow, trusted = _at(begun.ab, flow, trusted)
        weight = warp(begun.weight, flow) * trusted
        ab = (warp(begun.ab, flow) * weight[..., None] + _last(said.ab)) / (weight + 1)[..., None]
        return Key(ab, np.minimum(weight + 1, MOST_WEIGHT), small, said.z)


class _Stretch(Generic[Shown]):
    """Frames after a key frame, and how each lies to it."""

    def __init__(self, begun: Key, small: Codes) -> None:
        self.begun = begun
        self.frames: list[Shown] = []
        self.smalls: list[Codes] = [small]
        self.maps: list[tuple[Float32, Float32]] = []  # of each frame: flow to the key frame, and its trust
        self._steps: list[tuple[Float32, Float32]] = []  # flow from the frame before to this one, and its trust
        self.lost = False

    def add(self, frame: Shown, small: Codes, motion: Motion) -> None:
        """One more."""
        before = self.smalls[-1]
        back, forth = motion(small, before), motion(before, small)
        half, half_before = halved(small), halved(before)
        trusted = trust(back, forth, half, half_before)
        self._steps.append((forth, trust(forth, back, half_before, half)))
        if self.maps:
            flow, known = self.maps[-1]
            trusted = trusted * warp(known, back)
            back = joined(back, flow)
        self.maps.append((back, trusted))
        self.lost = float(trusted.mean()) < LOST
        self.frames.append(frame)
        self.smalls.append(small)

    def backwards(self) -> list[tuple[Float32, Float32]]:
        """Of each frame but the last: flow to the last, and its trust."""
        found: list[tuple[Float32, Float32]] = []
        for flow, trusted in reversed(self._steps[1:]):
            if found:
                then, known = found[-1]
                flow, trusted = joined(flow, then), trusted * warp(known, flow)
            found.append((flow, trusted))
        return found[::-1]


def _between(
    before: Key, after: Key, to_before: tuple[Float32, Float32], to_after: tuple[Float32, Float32], share: float
) -> Float32:
    """Colours of a frame that lies ``share`` of the way from one key frame to the next."""
    flow, trusted = _at(before.ab, *to_before)
    other, also = _at(after.ab, *to_after)
    first, second = (1 - share) * (trusted + LEAST), share * (also + LEAST)
    part = (second / (first + second))[..., None]
    return np.asarray(warp(before.ab, flow) * (1 - part) + warp(after.ab, other) * part, np.float32)


def _at(field: Float32, flow: Float32, trusted: Float32) -> tuple[Float32, Float32]:
    """Flow and trust at the size of a field of colour."""
    height, width = field.shape[:2]
    smaller = cv2.resize(trusted, (width, height), interpolation=cv2.INTER_AREA)
    return resized_flow(flow, height, width), np.asarray(smaller, np.float32)


def _last(ab: Float32) -> Float32:
    return np.ascontiguousarray(ab.transpose(1, 2, 0), np.float32)


def _planes(ab: Float32) -> Float32:
    return np.ascontiguousarray(ab.transpose(2, 0, 1))
