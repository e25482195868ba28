"""Mutated files before the reader and the whole way through: read or refused in one line, and nothing else.

    python tests/fuzz/fuzz.py --count 20000             through Python, in worker processes
    python tests/fuzz/fuzz.py --count 1000 --command    through the command

Input n is the same on every machine (its seed is n), so a run goes on where another stopped: ``--begin 20000``. What a
run finds is written to ``--out``: the file, and what went wrong with it. The exit code is 1 if there is anything.
"""

from __future__ import annotations

import argparse
import io
import json
import multiprocessing
import os
import struct
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms

LONGEST = 10.0  # s of the processor for one file; one that waits for ever is found by its worker's silence
PATIENCE = 600.0  # s for the command, which others may keep from the processor meanwhile
SIDES = (48, 64)
SMALL = {"size": 32}


def seeds() -> list[tuple[str, bytes]]:
    """Small whole files of every kind, by their suffix, with metadata for the mutations to hit.

    What input n is depends on them: one more, and all are others.
    """
    rng = np.random.default_rng(0)
    rows, columns = np.mgrid[: SIDES[0], : SIDES[1]]
    photo = (rows * 3 + columns + rng.integers(0, 40, SIDES)).clip(0, 255).astype(np.uint8)
    gray = Image.fromarray(photo)
    exif = gray.getexif()
    exif[0x010E], exif[0x0112], exif[0x0132] = "Grandmother", 6, "2001:02:03 04:05:06"
    icc = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    color = Image.merge("RGB", [gray] * 3)
    alpha = Image.merge("RGBA", [gray] * 4)
    found = []

    def add(suffix: str, image: Image.Image, kind: str, **options: object) -> None:
        out = io.BytesIO()
        image.save(out, kind, **options)
        found.append((suffix, out.getvalue()))

    for image in (gray, color):
        add(".jpg", image, "JPEG", exif=exif, dpi=(300, 300), icc_profile=icc)
        add(".jpg", image, "JPEG", progressive=True)
        for compression in (None, "tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg"):
            add(".tif", image, "TIFF", compression=compression, exif=exif, icc_profile=icc)
    add(".jpg", color.convert("CMYK"), "JPEG")
    for image in (gray, gray.convert("LA"), color, alpha, color.convert("P"), gray.convert("1")):
        add(".png", image, "PNG", exif=exif, icc_profile=icc)
    add(".png", Image.fromarray(photo.astype(np.uint16) * 257), "PNG")
    add(".tif", gray.convert("1"), "TIFF", compression="group4")
    add(".tif", gray, "TIFF", save_all=True, append_images=[gray, gray.resize((20, 30))], compression="tiff_lzw")
    add(".tif", Image.fromarray((photo / 255).astype(np.float32)), "TIFF")
    add(".tif", alpha, "TIFF", compression="tiff_lzw")
    add(".webp", color, "WEBP", exif=exif, icc_profile=icc)
    add(".webp", alpha, "WEBP", lossless=True)
    add(".avif", color, "AVIF", exif=exif)
    add(".gif", gray, "GIF")
    add(".gif", gray, "GIF", save_all=True, append_images=[gray.rotate(10)])
    add(".bmp", color, "BMP")
    add(".jp2", color, "JPEG2000")
    add(".ppm", color, "PPM")
    add(".tga", alpha, "TGA")
    return found + rare_seeds(photo)


def rare_seeds(photo: np.ndarray) -> list[tuple[str, bytes]]:
    """Of the kinds that other libraries than libvips decode, whole in memory; most need the extra ``[formats]``."""
    import imagecodecs
    import pillow_heif
    import tifffile

    color, deep = np.dstack([photo] * 3), photo.astype(np.uint16) * 16
    head = b"8BPS" + struct.pack(">H6xHIIHH", 1, 3, *photo.shape, 8, 3) + bytes(12)
    found = [(".psd", head + b"\0\0" + color.transpose(2, 0, 1).tobytes())]
    found.append((".jxl", imagecodecs.jpegxl_encode(color)))
    found.append((".jpg", imagecodecs.jpeg_encode(deep, bitspersample=12)))
    out = io.BytesIO()
    pillow_heif.from_pillow(Image.fromarray(color)).save(out, quality=80)
    found.append((".heic", out.getvalue()))
    for options in (
        {"compression": "zstd"}, {"compression": "lzma"}, {"bitspersample": 12}, {"photometric": 8},
    ):  # fmt: skip
        out = io.BytesIO()
        pixels = deep if "bitspersample" in options else color
        tifffile.imwrite(out, pixels, **{"photometric": "minisblack" if pixels is deep else "rgb", **options})
        found.append((".tif", out.getvalue()))
    return found


def mutated(number: int, files: list[tuple[str, bytes]]) -> tuple[str, bytes]:
    """Input ``number``: a whole file with bytes changed, zeroed, cut out, put in or broken off."""
    rng = np.random.default_rng(number)
    suffix, whole = files[int(rng.integers(len(files)))]
    data = bytearray(whole)
    for _ in range(int(rng.integers(1, 7))):
        at, kind = int(rng.integers(max(1, len(data)))), int(rng.integers(7))
        near = int(rng.integers(max(1, min(len(data), 400))))  # headers are where the questions are
        at = near if rng.random() < 0.5 else at
        length = int(2 ** rng.uniform(0, 8))
        if kind == 0:
            data[at : at + 1] = bytes([int(rng.integers(256))])
        elif kind == 1:
            data[at : at + 1] = bytes([(data[at] ^ (1 << int(rng.integers(8)))) if at < len(data) else 0])
        elif kind == 2:
            data[at : at + length] = bytes(min(length, max(0, len(data) - at)))
        elif kind == 3:
            data[at : at + 4] = (b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\0\0\0\1", b"\0\1\0\0")[number % 4]
        elif kind == 4:
            del data[at : at + length]
        elif kind == 5:
            data[at:at] = bytes(rng.integers(0, 256, length, dtype=np.uint8))
        else:
            del data[max(at, 1) :]
    return suffix, bytes(data)


def begin_worker() -> None:
    """One model a process, and files on stderr only if they crash."""
    global colorizer, files
    import logging
    import warnings

    from colorizing_things import Colorizer
    from colorizing_things.imaging.libvips import operations_not_cached

    operations_not_cached().__enter__()  # as the command does, to the end of the process
    warnings.simplefilter("ignore")
    logging.getLogger("pyvips").setLevel(logging.CRITICAL)
    colorizer, files = Colorizer(threads=1), seeds()


def through_python(number: int) -> tuple[int, str, str, float]:
    """What became of an input: coloured, refused, or a fault in words."""
    from colorizing_things import ColorizingError, ColorOptions, Picture
    from colorizing_things.options import OutputOptions

    _, data = mutated(number, files)
    begun = time.process_time()
    try:
        picture = Picture.decode(data)
        picture.check_size(4_000_000)
        with_png = picture.pages == 1 and number % 3 == 0
        result = colorizer.encode(
            picture, options=ColorOptions(**SMALL), output=OutputOptions("png" if with_png else None)
        )
        fault = is_black(data, result)
    except ColorizingError as error:
        text = str(error)
        seconds = time.process_time() - begun
        return number, "refused", "more than a line" if "\n" in text or not text else "", seconds
    except MemoryError:
        return number, "refused", "", time.process_time() - begun
    except BaseException:
        return number, "fault", traceback.format_exc(), time.process_time() - begun
    seconds = time.process_time() - begun
    return number, "coloured", fault or ("over 10 s" if seconds > LONGEST else ""), seconds


def is_black(data: bytes, result: bytes) -> str:
    """A fault where the result is all black and the original, as Pillow reads it, is not."""
    try:
        colored = np.asarray(Image.open(io.BytesIO(result)).convert("L"))
        original = np.asarray(Image.open(io.BytesIO(data)).convert("L"))
    except Exception:
        return ""
    return "black" if colored.max(initial=0) < 2 <= original.max(initial=0) // 8 else ""


def through_command(number: int) -> tuple[int, str, str, float]:
    """The same by a process: exit code, one line, and no file without success."""
    suffix, data = mutated(number, FILES)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"in{suffix}"
        path.write_bytes(data)
        command = [sys.executable, "-m", "colorizing_things", str(path), "--size", "32", "--max-pixels", "4000000"]
        begun = time.perf_counter()
        try:
            done = subprocess.run(command, capture_output=True, timeout=PATIENCE, check=False)
        except subprocess.TimeoutExpired:
            return number, "fault", "hangs", PATIENCE
        seconds = time.perf_counter() - begun
        said = done.stderr.decode(errors="replace")
        others = [found.name for found in Path(folder).iterdir() if found != path]
        if done.returncode not in (0, 1) or "Traceback" in said or not said.strip():
            return number, "fault", f"exit code {done.returncode}: {said}", seconds
        if bool(others) != (done.returncode == 0):
            return number, "fault", f"exit code {done.returncode}, and {others}", seconds
        return number, "refused" if done.returncode else "coloured", "", seconds


FILES: list[tuple[str, bytes]] = []


def main() -> int:
    """Run it; how many faults were found."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--begin", type=int, default=0)
    options.add_argument("--count", type=int, default=2000)
    options.add_argument("--jobs", type=int, default=1)
    options.add_argument("--command", action="store_true")
    options.add_argument("--out", type=Path, default=Path("fuzz-found"))
    asked = options.parse_args()
    numbers = range(asked.begin, asked.begin + asked.count)
    FILES.extend(seeds())
    counts: Counter[str] = Counter()
    faults, slowest = 0, 0.0
    for number, status, fault, seconds in results(numbers, asked.jobs, asked.command):
        counts[status] += 1
        slowest = max(slowest, seconds)
        if fault:
            faults += 1
            asked.out.mkdir(parents=True, exist_ok=True)
            suffix, data = mutated(number, FILES)
            (asked.out / f"{number}{suffix}").write_bytes(data)
            (asked.out / f"{number}.txt").write_text(fault)
            print(f"{number}{suffix}: {fault.strip().splitlines()[-1]}", flush=True)
    print(
        json.dumps(
            {"from": numbers.start, "to": numbers.stop, **counts, "faults": faults, "slowest": round(slowest, 2)}
        )
    )
    return int(faults > 0)


def results(numbers: range, jobs: int, command: bool):  # type: ignore[no-untyped-def]
    """Of each input; a worker that crashes or hangs is a fault of the input that it had."""
    if command:
        yield from map(through_command, numbers)
        return
    context = multiprocessing.get_context("spawn")
    waiting, step = list(numbers), 200
    while waiting:
        part, waiting = waiting[:step], waiting[step:]
        with context.Pool(jobs, begin_worker) as pool:
            pending = [(number, pool.apply_async(through_python, (number,))) for number in part]
            for at, (number, result) in enumerate(pending):
                try:
                    yield result.get(timeout=10 * LONGEST)
                except multiprocessing.TimeoutError:
                    yield number, "fault", "crashed, or hangs", 10 * LONGEST
                    waiting = part[at + 1 :] + waiting
                    break


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    sys.exit(main())
