"""Speed and memory of colouring, as ratios to libvips' bare decode and encode of the same file.

    python benchmarks/speed.py [--without-scan]

Every figure comes from a process of its own (so that peak memory is its own), after one warm-up run where it
says warm. The photographs are made of scikit-image's, enlarged, tiled and given film grain.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

REPEATS = 5
SCAN_SIDE = 30_000


def make_photo(path: Path, width: int, height: int) -> None:
    import pyvips
    from skimage import data

    pictures = [pyvips.Image.new_from_array(getattr(data, n)()) for n in ("astronaut", "coffee", "chelsea", "rocket")]
    tiles = pyvips.Image.arrayjoin([p.resize(2, kernel="lanczos3") for p in pictures], across=2).colourspace("b-w")
    across, down = -(-width // tiles.width), -(-height // tiles.height)
    gray = tiles[0].replicate(across, down).crop(0, 0, width, height)
    grain = pyvips.Image.gaussnoise(2048, 2048, sigma=9, mean=0, seed=1)
    grain = grain.replicate(-(-width // 2048), -(-height // 2048)).crop(0, 0, width, height)
    options = {"Q": 92} if path.suffix == ".jpg" else {"compression": "none"}
    (gray + grain).cast("uchar").copy(interpretation="b-w").write_to_file(str(path), **options)


def bare(source: Path, target: Path) -> None:
    import pyvips

    options = {"Q": 92} if source.suffix == ".jpg" else {"compression": "lzw", "predictor": "horizontal"}
    pyvips.Image.new_from_file(str(source), access="sequential").write_to_file(str(target), **options)


def worker(kind: str, source: Path, target: Path, repeats: int) -> None:
    """Do it ``repeats`` times after a warm-up (none if once); print the best time and the peak memory."""
    import pyvips

    pyvips.cache_set_max(0)  # as the command and the server do
    if kind == "ours":
        from colorizing_things import Colorizer, OutputOptions

        colorizer = Colorizer()

        def once() -> None:
            colorizer.colorize_file(source, target, output=OutputOptions(overwrite=True))
    elif kind in ("network", "hint", "palette", "variants"):
        from colorizing_things import Colorizer, Hint, Picture

        colorizer = Colorizer()
        session = colorizer.session(Picture.read(source))
        session.predict()  # what is shown before anybody hints, and kept
        ask = {
            "network": lambda: colorizer.model.see(session.seen.L).decode(),
            "hint": lambda: session.predict([Hint.of_color(900, 900, "#7a4a2b")]),
            "palette": lambda: session.palette(900, 900),
            "variants": lambda: session.variants(6, 1),
        }

        def once() -> None:
            ask[kind]()
    else:

        def once() -> None:
            bare(source, target)

    if repeats > 1:
        once()
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        once()
        times.append(time.perf_counter() - started)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": min(times), "peak": peak}))


def measure(kind: str, source: Path, folder: Path, repeats: int = REPEATS) -> dict[str, float]:
    target = folder / f"out{source.suffix}"
    command = [sys.executable, __file__, "--worker", kind, str(source), str(target), str(repeats)]
    result = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    target.unlink(missing_ok=True)
    return result


def command_seconds(*arguments: str) -> tuple[float, float]:
    """Wall time and peak memory (MB) of the whole ``colorize`` command, imports and all."""
    code = "from colorizing_things.cli import main; main()"
    wrapper = (
        "import resource, subprocess, sys, time; t = time.perf_counter();"
        "subprocess.run(sys.argv[1:], check=True, capture_output=True);"
        "print(time.perf_counter() - t, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024)"
    )
    command = [sys.executable, "-c", wrapper, sys.executable, "-c", code, *arguments]
    seconds, peak = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return float(seconds), float(peak)


def row(what: str, seconds: float, peak: float, ratio: float | None = None, note: str = "") -> None:
    beside = f"{ratio:5.1f} x bare" if ratio else " " * 12
    print(f"{what:<44}{seconds:9.3f} s  {beside}  {peak:7.0f} MB  {note}", flush=True)


def compare(what: str, source: Path, folder: Path, repeats: int = REPEATS) -> None:
    theirs, ours = measure("bare", source, folder, repeats), measure("ours", source, folder, repeats)
    row(f"{what}: bare decode and encode", theirs["seconds"], theirs["peak"])
    row(f"{what}: coloured", ours["seconds"], ours["peak"], ours["seconds"] / theirs["seconds"])


def folder_of_photos(folder: Path, one: Path) -> None:
    scans, out = folder / "scans", folder / "coloured"
    scans.mkdir()
    for number in range(100):
        (scans / f"{number:03}.jpg").write_bytes(one.read_bytes())
    started = time.perf_counter()
    for path in sorted(scans.iterdir()):
        bare(path, folder / "bare.jpg")
    theirs = time.perf_counter() - started
    seconds, peak = command_seconds(str(scans), "-o", str(out))
    assert len(list(out.iterdir())) == 100
    note = f"{100 / seconds:.0f} a second"
    row("100 photos of 1 MP in a folder, whole command", seconds, peak, seconds / theirs, note)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--without-scan", action="store_true", help="leave out the 900-megapixel TIFF")
    parser.add_argument("--worker", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        kind, source, target, repeats = options.worker
        worker(kind, Path(source), Path(target), int(repeats))
        return
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        small, large = folder / "1mp.jpg", folder / "12mp.jpg"
        make_photo(small, 1200, 900)
        make_photo(large, 4000, 3000)
        for kind, what in (("network", "the network alone, at its default size"), ("hint", "a changed hint, answered"),
                           ("palette", "likely colours of another place"), ("variants", "six variants")):  # fmt: skip
            found = measure(kind, large, folder)
            row(what, found["seconds"], found["peak"])
        compare("1 MP, warm", small, folder)
        compare("12 MP, warm", large, folder)
        seconds, peak = min(command_seconds(str(small), "-o", str(folder / f"cold{n}.jpg")) for n in range(3))
        row("cold start: the whole command, 1 MP", seconds, peak)
        folder_of_photos(folder, small)
        if not options.without_scan:
            scan = folder / "scan.tif"
            make_photo(scan, SCAN_SIDE, SCAN_SIDE)
            compare("900 MP TIFF, once", scan, folder, repeats=1)


if __name__ == "__main__":
    main()
