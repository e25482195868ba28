"""Speed and memory of films, beside FFmpeg's bare decoding and encoding of the same file.

    python benchmarks/film.py             640 x 480 and 1920 x 1080
    python benchmarks/film.py --minutes 5 memory along a longer film, too

Films are made of photographs (``colorizing_things.lab.film_evaluation.scenes``). Each figure is of a process of its
own: its seconds from start to end, and its peak memory.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import av
import numpy as np

from colorizing_things.lab.film_evaluation.scenes import SCRIPTS, scenes

BARE = """
import sys, av
with av.open(sys.argv[1]) as source, av.open(sys.argv[2], "w") as target:
    frames = source.streams.video[0]
    frames.thread_type = "AUTO"
    stream = target.add_stream("libx264", rate=frames.average_rate, options={"crf": "18", "preset": "veryfast"})
    stream.width, stream.height, stream.pix_fmt = frames.width, frames.height, "yuv420p"
    for frame in source.decode(video=0):
        frame.pict_type = 0
        target.mux(stream.encode(frame))
    target.mux(stream.encode(None))
"""
COLORED = "from colorizing_things.command import main; main()"


def make(path: Path, width: int, height: int, seconds: float, repeats: int = 1) -> int:
    """A grey film; how many frames it has. ``repeats``: the same again, back and forth."""
    script = SCRIPTS["two pass a cat"]
    made = [scene.rgb @ (0.2126, 0.7152, 0.0722) for scene in
            scenes(replace(script, frames=round(seconds * script.rate)), width, height)]  # fmt: skip
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=24, options={"crf": "18", "preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for number in range(repeats):
            for gray in made[:: -1 if number % 2 else 1]:
                frame = av.VideoFrame.from_ndarray(np.rint(gray).astype(np.uint8), format="gray")
                container.mux(stream.encode(frame.reformat(format="yuv420p")))
        container.mux(stream.encode(None))
    return len(made) * repeats


def run(*words: str) -> tuple[float, float]:
    """Seconds and peak MB of a process."""
    begun = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-c", *words], stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"failed: {words}")
    return time.perf_counter() - begun, used.ru_maxrss / 1024


def row(folder: Path, width: int, height: int, seconds: float, repeats: int = 1) -> None:
    """Measure one film."""
    source = folder / f"{width}x{height}.mp4"
    frames = make(source, width, height, seconds, repeats)
    bare, bare_memory = run(BARE, str(source), str(folder / "bare.mp4"))
    colored, memory = run(COLORED, str(source), "-o", str(folder / "new.mp4"), "--overwrite")
    cells = f"{frames / bare:.0f} | {bare_memory:.0f} | {frames / colored:.1f} | {memory:.0f}"
    print(f"| {width} x {height}, {frames} frames | {cells} |", flush=True)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=0)
    minutes = parser.parse_args().minutes
    print("| film | bare, frames/s | bare, peak MB | coloured, frames/s | peak MB |\n| --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as folder:
        row(Path(folder), 640, 480, 2, 5)
        row(Path(folder), 1920, 1080, 1, 4)
        if minutes:
            row(Path(folder), 640, 480, 2, round(minutes * 30))


if __name__ == "__main__":
    main()
