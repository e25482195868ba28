"""Find where heads, arms, hands and legs are in training photographs, for recipes that let skin weigh more.

usage: python benchmarks/limbs.py PHOTOGRAPHS SIDE OUT.npz    SIDE: the recipe's data.stored, px

In an environment of its own, since MediaPipe wants an older numpy than the lab may have:
pip install -e . torch platformdirs filelock pyarrow mediapipe==0.10.21. That comes with the networks that find faces
(Bazarevsky et al. 2019) and one person's pose (Bazarevsky et al. 2020), Apache-2.0; a picture takes about 35 ms.
"""

from __future__ import annotations

import sys
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import cv2
import mediapipe
import numpy as np
import numpy.typing as npt
from rich.progress import track

from colorizing_things.lab.data.limbs import CELLS
from colorizing_things.lab.data.photographs import Photographs, open_photographs

Map = npt.NDArray[np.uint8]
SURE = 0.4  # of a face and of a person
SEEN = 0.5  # of a joint
# Of MediaPipe's 33 landmarks.
EYES_AND_EARS, EARS, SHOULDERS = (0, 2, 5, 7, 8), (7, 8), (11, 12)
ARMS, LEGS = ((11, 13, 15), (12, 14, 16)), ((23, 25, 27), (24, 26, 28))
HANDS = ((15, 17, 19, 21), (16, 18, 20, 22))
# Widths, of the length of half an arm: generous, since only what has the colour of skin counts.
ARM, LEG, HAND, NECK, HEAD = 0.48, 0.56, 0.4, 0.35, 0.75


class Joint(NamedTuple):
    """A landmark: px, and how sure it is that it is seen."""

    x: float
    y: float
    seen: float


class Finder:
    """Finds faces and one person's joints."""

    def __init__(self) -> None:
        solutions = mediapipe.solutions
        self.faces = solutions.face_detection.FaceDetection(model_selection=1, min_detection_confidence=SURE)
        self.pose = solutions.pose.Pose(static_image_mode=True, min_detection_confidence=SURE)

    def __call__(self, rgb: Map) -> Map:
        """A map of a picture sRGB ``[H,W,3]``: 0 to 255, ``[CELLS,CELLS]``."""
        height, width = rgb.shape[:2]
        drawn = np.zeros((height, width), np.uint8)
        for face in self.faces.process(rgb).detections or []:
            box = face.location_data.relative_bounding_box
            middle = (int((box.xmin + box.width / 2) * width), int((box.ymin + 0.45 * box.height) * height))
            axes = (max(2, int(0.62 * box.width * width)), max(2, int(0.78 * box.height * height)))
            cv2.ellipse(drawn, middle, axes, 0, 0, 360, 255, -1)
        if found := self.pose.process(rgb).pose_landmarks:
            draw_person(drawn, [Joint(j.x * width, j.y * height, j.visibility) for j in found.landmark])
        return np.asarray(cv2.resize(drawn, (CELLS, CELLS), interpolation=cv2.INTER_AREA), np.uint8)


def draw_person(drawn: Map, joints: list[Joint]) -> None:
    """Head, neck, arms, hands and legs, as far as they are seen."""
    shoulders = distance(*(joints[i] for i in SHOULDERS))
    halves = [distance(*pair) for arm in ARMS for pair in segments(joints, arm)]
    unit = max(float(np.median(halves)) if halves else 0.0, 0.6 * shoulders)
    for limbs, width in ((ARMS, ARM), (LEGS, LEG)):
        for one, other in (pair for limb in limbs for pair in segments(joints, limb)):
            cv2.line(drawn, pixel(one), pixel(other), 255, max(3, int(width * unit)))
    for hand in HANDS:
        if joints[hand[0]].seen > SEEN:
            cv2.circle(drawn, pixel(middle_of(joints, hand)), max(3, int(HAND * unit)), 255, -1)
    if joints[0].seen > SEEN:
        head, chest = middle_of(joints, EYES_AND_EARS), middle_of(joints, SHOULDERS)
        radius = max(HEAD * distance(*(joints[i] for i in EARS)), 0.3 * shoulders)
        cv2.circle(drawn, pixel(head), max(3, int(radius)), 255, -1)
        cv2.line(drawn, pixel(head), pixel(chest), 255, max(3, int(NECK * shoulders)))


def segments(joints: list[Joint], limb: tuple[int, ...]) -> list[tuple[Joint, Joint]]:
    """The parts of a limb of which both ends are seen."""
    pairs = ((joints[one], joints[other]) for one, other in pairwise(limb))
    return [(one, other) for one, other in pairs if min(one.seen, other.seen) > SEEN]


def middle_of(joints: list[Joint], which: tuple[int, ...]) -> Joint:
    """The mean of some joints."""
    return Joint(*np.mean([joints[i] for i in which], axis=0))


def distance(one: Joint, other: Joint) -> float:
    """Px between two joints."""
    return float(np.hypot(one.x - other.x, one.y - other.y))


def pixel(joint: Joint) -> tuple[int, int]:
    """Where OpenCV is to draw."""
    return round(joint.x), round(joint.y)


def look(photographs: Photographs) -> tuple[npt.NDArray[np.int64], Map]:
    """Checksums of the photographs in which somebody is found, and their maps."""
    finder, keys, maps = Finder(), [], []
    for number in track(range(len(photographs)), description="looking for limbs"):
        found = finder(np.array(photographs[number]))
        if found.any():
            keys.append(int(photographs.checksums[number]))
            maps.append(found)
    return np.array(keys, np.int64), np.array(maps, np.uint8).reshape(-1, CELLS, CELLS)


if __name__ == "__main__":
    if len(sys.argv) != 4:
        raise SystemExit(__doc__)
    keys, maps = look(open_photographs(Path(sys.argv[1]), side=int(sys.argv[2])).train)
    np.savez_compressed(sys.argv[3], keys=keys, maps=maps)
    print(f"{sys.argv[3]}: somebody in {len(keys)} photographs")
