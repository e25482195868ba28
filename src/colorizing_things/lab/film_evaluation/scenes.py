"""Films made of photographs, in colour, with their true motion: pans, and things that pass, leave and return."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
import numpy.typing as npt
from skimage import data

from colorizing_things.types import Float32

Rgb = npt.NDArray[np.uint8]
PHOTOGRAPHS: dict[str, Callable[[], Rgb]] = {
    "astronaut": data.astronaut,
    "coffee": data.coffee,
    "cat": data.chelsea,
    "rocket": data.rocket,
}
GRAIN = 2.0  # codes of 255: the same for all channels, new in every frame


@dataclass(frozen=True)
class Scene:
    """One frame of a film that was made.

    Attributes:
        rgb: sRGB ``[H,W,3]``.
        flow: to the frame before, ``[H,W,2]``, float32; zeros in the first.
        seen: which places were seen in the frame before, ``[H,W]``; none in the first.
    """

    rgb: Rgb
    flow: Float32
    seen: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class MovingObject:
    """Something that moves before the background: a disc of one colour, or cut out of a photograph.

    Attributes:
        radius: share of the film's height.
        path: seconds -> its centre, in shares of width and height.
        color: sRGB; None: the middle of ``photograph``.
        photograph: a name in :data:`PHOTOGRAPHS`.
    """

    radius: float
    path: Callable[[float], tuple[float, float]]
    color: tuple[int, int, int] | None = None
    photograph: str = "coffee"


@dataclass(frozen=True)
class Script:
    """A film to be made.

    Attributes:
        background: a name in :data:`PHOTOGRAPHS`.
        window: seconds -> left, top (shares of what is free) and zoom of the view.
        things: from the rearmost on.
        frames: how many.
        rate: frames a second.
    """

    background: str
    window: Callable[[float], tuple[float, float, float]]
    things: tuple[MovingObject, ...] = ()
    frames: int = 72
    rate: float = 24.0


def back_and_forth(one: float, other: float, seconds: float) -> Callable[[float], float]:
    """From one value to another and back, smoothly, in so many seconds."""
    return lambda time: one + (other - one) * (0.5 - 0.5 * float(np.cos(2 * np.pi * time / seconds)))


SCRIPTS: dict[str, Script] = {
    "pan over a face": Script(
        "astronaut", lambda t: (back_and_forth(0, 1, 7)(t), back_and_forth(0.1, 0.5, 9)(t), 0.62)
    ),
    "closer to a rocket": Script("rocket", lambda t: (0.5, 0.6, back_and_forth(0.95, 0.55, 6)(t))),
    "a ball before coffee": Script(
        "coffee",
        lambda t: (back_and_forth(0.2, 0.8, 11)(t), 0.4, 0.85),
        (
            MovingObject(
                0.12, lambda t: (back_and_forth(-0.2, 1.2, 5)(t), 0.35 + 0.2 * float(np.sin(3 * t))), (200, 40, 35)
            ),
        ),
    ),
    "two pass a cat": Script(
        "cat",
        lambda t: (0.5, back_and_forth(0.3, 0.7, 10)(t), 0.9),
        (
            MovingObject(0.2, lambda t: (back_and_forth(1.3, 0.2, 6)(t), 0.7), None, "rocket"),
            MovingObject(0.16, lambda t: (back_and_forth(-0.25, 1.3, 5)(t), 0.3), None, "astronaut"),
        ),
    ),
}


def scenes(script: Script, width: int = 640, height: int = 480, seed: int = 0) -> Iterator[Scene]:
    """The frames of a film that is made by a script; the same seed makes the same grain."""
    chance = np.random.default_rng(seed)
    before: _Layout | None = None
    for number in range(script.frames):
        layout = _Layout(script, number / script.rate, width, height)
        rgb = layout.picture().astype(np.float32) + chance.normal(0, GRAIN, (height, width, 1)).astype(np.float32)
        flow, seen = layout.flow_to(before) if before else (np.zeros((height, width, 2), np.float32), None)
        if seen is None:
            seen = np.zeros((height, width), bool)
        yield Scene(np.clip(rgb + 0.5, 0, 255).astype(np.uint8), flow, seen)
        before = layout


class _Layout:
    """Where everything is in one frame: for each layer, the rearmost first, the place in it that a pixel shows."""

    def __init__(self, script: Script, time: float, width: int, height: int) -> None:
        self.width, self.height, self.script = width, height, script
        left, top, zoom = script.window(time)
        photograph = _photograph(script.background)
        scale = zoom * min(photograph.shape[1] / width, photograph.shape[0] / height)
        free = photograph.shape[1] - width * scale, photograph.shape[0] - height * scale
        self.view = scale, left * free[0], top * free[1]
        self.centers = [(x * width, y * height) for x, y in (thing.path(time) for thing in script.things)]

    def picture(self) -> Rgb:
        scale, left, top = self.view
        matrix = np.array([[scale, 0, left], [0, scale, top]], np.float32)
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        photograph = _photograph(self.script.background)
        size = (self.width, self.height)
        found = cv2.warpAffine(photograph, matrix, size, flags=flags, borderMode=cv2.BORDER_REFLECT)
        for thing, center in zip(self.script.things, self.centers, strict=True):
            cover = self._cover(thing, center)[..., None]
            found = (found * (1 - cover) + self._surface(thing, center) * cover).astype(np.uint8)
        return np.asarray(found)

    def layers(self) -> npt.NDArray[np.int64]:
        """Which layer each pixel shows: 0 is the background."""
        found = np.zeros((self.height, self.width), np.int64)
        for number, (thing, center) in enumerate(zip(self.script.things, self.centers, strict=True), 1):
            found[self._cover(thing, center) > 0.5] = number
        return found

    def flow_to(self, other: _Layout) -> tuple[Float32, npt.NDArray[np.bool_]]:
        """Flow to another frame, and which places are seen there too."""
        rows, columns = np.mgrid[: self.height, : self.width].astype(np.float32)
        (scale, left, top), (their_scale, their_left, their_top) = self.view, other.view
        x = (columns * scale + left - their_left) / their_scale
        y = (rows * scale + top - their_top) / their_scale
        flow = np.stack([x - columns, y - rows], axis=-1)
        layers = self.layers()
        for number, (here, there) in enumerate(zip(self.centers, other.centers, strict=True), 1):
            flow[layers == number] = there[0] - here[0], there[1] - here[1]
        there = np.rint(np.stack([columns, rows], axis=-1) + flow).astype(int)
        inside = ((there >= 0) & (there < (self.width, self.height))).all(-1)
        column, row = (np.clip(there[..., n], 0, side - 1) for n, side in enumerate((self.width, self.height)))
        whole = cv2.erode((_edges(layers) == 0).astype(np.uint8), np.ones((3, 3))) > 0
        return flow, inside & (other.layers()[row, column] == layers) & whole

    def _cover(self, thing: MovingObject, center: tuple[float, float]) -> Float32:
        rows, columns = np.mgrid[: self.height, : self.width].astype(np.float32)
        away = np.hypot(columns - center[0], rows - center[1])
        return np.asarray(np.clip(thing.radius * self.height - away + 0.5, 0, 1))

    def _surface(self, thing: MovingObject, center: tuple[float, float]) -> npt.NDArray[np.floating]:
        rows, columns = np.mgrid[: self.height, : self.width].astype(np.float32)
        x, y = (columns - center[0]) / (thing.radius * self.height), (rows - center[1]) / (thing.radius * self.height)
        if thing.color is not None:  # lit from the upper left
            light = 0.75 + 0.35 * np.clip(-0.6 * x - 0.6 * y, -0.6, 0.7)
            return np.asarray(np.clip(np.array(thing.color) * light[..., None], 0, 255))
        photograph = _photograph(thing.photograph)
        half = min(photograph.shape[:2]) / 2
        return np.asarray(
            cv2.remap(
                photograph, (photograph.shape[1] / 2 + x * half).astype(np.float32),
                (photograph.shape[0] / 2 + y * half).astype(np.float32), cv2.INTER_LINEAR,
                borderMode=cv2.BORDER_REFLECT,
            )
        )  # fmt: skip


def _edges(layers: npt.NDArray[np.int64]) -> npt.NDArray[np.uint8]:
    """Where layers meet: a pixel there shows both."""
    grown = layers.astype(np.uint8)
    return np.asarray(cv2.morphologyEx(grown, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8)), np.uint8)


@cache
def _photograph(name: str) -> Rgb:
    return PHOTOGRAPHS[name]()
