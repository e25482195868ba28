"""Speed and memory of films, beside FFmpeg's bare decoding and encoding of the same file.

    python benchmarks/film.py                         640 x 480 and 1920 x 1080
    python benchmarks/film.py --minutes 60 --size 64  memory along an hour of 640 x 480, seen small to be done sooner

Films are made of photographs (``colorizing_things.lab.film_evaluation.scenes``). Each figure is of a process of its
own: its seconds from start to end, and its peak memory; along a film, what it holds just then.
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
COLORED = "from colorizing_things.__main__ import main; main()"
ALONG = """
import resource, sys
from pathlib import Path
from colorizing_things.film.coloring import FilmOptions
from colorizing_things.film.making import make_film
from colorizing_things.film.reading import open_film
from colorizing_things.model.model import Model
from colorizing_things.options import ColorOptions
def told(progress):
    if progress.frames == 240 or progress.frames % 5000 == 0:
        held = next(line for line in open("/proc/self/status") if line.startswith("VmRSS:"))
        print(f"{progress.frames:6}: {int(held.split()[1]) / 1024:.0f} MB", flush=True)
options = FilmOptions(ColorOptions(size=int(sys.argv[3]) if len(sys.argv) > 3 else None))
result = make_film(Model(), open_film(sys.argv[1]), Path(sys.argv[2]), options, report=told)
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(f"{result.frames:6}: {peak:.0f} MB at most, joining included; {result.frames / result.seconds:.0f} frames/s")
"""


def make(path: Path, width: int, height: int, seconds: float, repeats: int = 1) -> int:
    """A grey film, there and back, and so again; how many frames it has."""
    script = SCRIPTS["two pass a cat"]
    there = [np.rint(scene.rgb @ (0.2126, 0.7152, 0.0722)).astype(np.uint8) for scene in
             scenes(replace(script, frames=round(seconds * script.rate)), width, height)]  # fmt: skip
    frames = [*there, *there[::-1]]
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=24, options={"crf": "18", "preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        grays = (av.VideoFrame.from_ndarray(gray, format="gray").reformat(format="yuv420p") for gray in frames)
        packets = [packet for gray in (*grays, None) for packet in stream.encode(gray)]
        for number in range(repeats):
            for packet in packets:
                again = av.Packet(bytes(packet))
                again.stream, again.time_base, again.is_keyframe = stream, packet.time_base, packet.is_keyframe
                again.pts, again.dts = packet.pts + number * len(frames), packet.dts + number * len(frames)
                container.mux(again)
    return len(frames) * repeats


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


def along(folder: Path, minutes: float, *size: str) -> None:
    """Print what a process holds along a film."""
    source = folder / "long.mp4"
    make(source, 640, 480, 2, round(minutes * 15))
    subprocess.run([sys.executable, "-c", ALONG, str(source), str(folder / "new.mp4"), *size], check=True)


def main() -> None:
    """Print the table, or the memory along a film."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float)
    parser.add_argument("--size")
    options = parser.parse_args()
    if options.minutes:
        with tempfile.TemporaryDirectory() as folder:
            along(Path(folder), options.minutes, *([options.size] if options.size else []))
        return
    print("| film | bare, frames/s | bare, peak MB | coloured, frames/s | peak MB |\n| --- | --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as folder:
        row(Path(folder), 640, 480, 2.5, 2)
        row(Path(folder), 1920, 1080, 1, 2)


if __name__ == "__main__":
    main()
