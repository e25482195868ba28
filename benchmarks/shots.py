"""How well shots are found: films with known cuts, fades, dissolves, flashes, flicker, grain and pans.

    python benchmarks/shots.py        twelve films
    python benchmarks/shots.py 100    twelve others

Where PySceneDetect is installed, its detectors are scored on the same films.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from skimage import data

from colorizing_things.film.shots import shots

WIDTH, HEIGHT = 320, 240
NEAR = {"cut": 1, "fade": 16, "dissolve": 12}  # frames by which it may be missed
NAMES = ("astronaut", "coffee", "chelsea", "rocket")


def pan(name: str, count: int, speed: float, chance: np.random.Generator) -> list:
    """A view that moves over a photograph and turns back at its edges."""
    photograph = cv2.cvtColor(getattr(data, name)(), cv2.COLOR_RGB2GRAY)
    scale = max(HEIGHT * 1.5 / photograph.shape[0], WIDTH * 1.5 / photograph.shape[1])
    photograph = cv2.resize(photograph, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    free = np.array([photograph.shape[1] - WIDTH, photograph.shape[0] - HEIGHT], float)
    at, turn = chance.uniform(0, free), chance.uniform(0, 2 * np.pi)
    step = speed * np.array([np.cos(turn), np.sin(turn)])
    places = [np.abs((at + number * step + free) % (2 * free) - free) for number in range(count)]
    return [cv2.warpAffine(photograph, np.array([[1, 0, -x], [0, 1, -y]]), (WIDTH, HEIGHT)) for x, y in places]


def film(seed: int) -> tuple[list, list[tuple[int, str]]]:
    """Grey frames, and where a shot begins and how."""
    chance = np.random.default_rng(seed)
    frames: list = []
    events: list[tuple[int, str]] = []
    for name in [*chance.permutation(NAMES), *chance.permutation(NAMES)]:
        scene = pan(name, int(chance.integers(30, 60)), float(chance.choice([0, 1, 3, 8])), chance)
        if chance.random() < 0.4:
            begin, length = int(chance.integers(12, len(scene) - 12)), int(chance.integers(1, 4))
            for n in range(begin, begin + length):  # a flash
                scene[n] = np.clip(scene[n] * 1.5 + chance.uniform(60, 200), 0, 255)
        if chance.random() < 0.3:  # flicker
            scene = [np.clip(frame * chance.uniform(0.85, 1.1), 0, 255) for frame in scene]
        if frames:
            join(frames, scene, str(chance.choice(["cut", "fade", "dissolve"], p=[0.5, 0.25, 0.25])), events, chance)
        else:
            frames += scene
    return [np.clip(frame + chance.normal(0, 3, frame.shape), 0, 255).astype(np.uint8) for frame in frames], events


def join(frames: list, scene: list, kind: str, events: list, chance: np.random.Generator) -> None:
    """Append a scene."""
    if kind == "fade":
        for n in range(12):
            frames[n - 12] = frames[n - 12] * (1 - (n + 1) / 12)
            scene[n] = scene[n] * ((n + 1) / 12)
        black = int(chance.integers(1, 8))
        events.append((len(frames) + black // 2, kind))
        frames += [np.zeros((HEIGHT, WIDTH))] * black + scene
    elif kind == "dissolve":
        for n in range(16):
            frames[n - 16] = frames[n - 16] * (1 - (n + 1) / 17) + scene[n] * ((n + 1) / 17)
        events.append((len(frames) - 8, kind))
        frames += scene[16:]
    else:
        events.append((len(frames), kind))
        frames += scene


def ours(frames: list) -> list[int]:
    """Where our shots begin, but for the first."""
    return [n for n, (_, begins) in enumerate(shots(frames, lambda frame: frame)) if begins and n]


def others() -> dict[str, Callable[[list], list[int]]]:
    """PySceneDetect's detectors, where it is installed."""
    try:
        import scenedetect
    except ModuleNotFoundError:
        return {}

    def detector(make: Callable) -> Callable[[list], list[int]]:
        def find(frames: list) -> list[int]:
            with tempfile.TemporaryDirectory() as folder:
                path = str(Path(folder) / "film.avi")
                writer = cv2.VideoWriter(path, cv2.VideoWriter.fourcc(*"MJPG"), 24, (WIDTH, HEIGHT))
                for frame in frames:
                    writer.write(cv2.cvtColor(frame, cv2.COLOR_GRAY2BGR))
                writer.release()
                return [begin.frame_num for begin, _ in scenedetect.detect(path, make(min_scene_len=4))][1:]

        return find

    return {name: detector(getattr(scenedetect, name)) for name in ("ContentDetector", "AdaptiveDetector")}


def score(find: Callable[[list], list[int]], seeds: range) -> Counter:
    """How many of each kind there were, were found, and how many were none."""
    counts: Counter = Counter()
    for seed in seeds:
        frames, events = film(seed)
        left = find(frames)
        for at, kind in events:
            near = [n for n in left if abs(n - at) <= NEAR[kind]]
            counts[kind] += 1
            counts[f"{kind} found"] += bool(near)
            if near:
                left.remove(min(near, key=lambda n: abs(n - at)))
        counts["none"] += len(left)
    return counts


def main() -> None:
    """Print the table."""
    first = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    print("| | cuts | fades | dissolves | false |\n| --- | --- | --- | --- | --- |")
    for name, find in {"ours": ours, **others()}.items():
        counts = score(find, range(first, first + 12))
        cells = [f"{counts[f'{kind} found']} of {counts[kind]}" for kind in NEAR]
        print(f"| {name} | {' | '.join(cells)} | {counts['none']} |", flush=True)


if __name__ == "__main__":
    main()
