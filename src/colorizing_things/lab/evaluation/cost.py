"""Seconds a picture and peak memory, measured as a user would meet them: in a process of the product alone.

    python -m colorizing_things.lab.evaluation.cost MODEL DEVICE SIZE PICTURE...

prints one line of JSON. Torch is never imported there, or its memory would be counted too.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from colorizing_things.errors import ModelError

PICTURES = 20


def measure_cost(model: str, device: str, size: int, pictures: Sequence[Path]) -> dict[str, Any]:
    """Median seconds a picture (after a warm-up) and peak memory in MB, over the first 20 pictures."""
    chosen = [str(path) for path in pictures[:PICTURES]]
    command = [
        sys.executable,
        "-m",
        "colorizing_things.lab.evaluation.cost",
        model,
        device,
        str(size),
        *chosen,
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, encoding="utf-8")
    if done.returncode != 0:
        last = (done.stderr.strip() or "no message").splitlines()[-1]
        raise ModelError(f"{model}: stopped while it was timed: {last}")
    return dict(json.loads(done.stdout))


def _main(model: str, device: str, size: int, paths: list[str]) -> None:
    from colorizing_things import Colorizer

    colorizer: Any = Colorizer(model, device)
    pictures = [np.asarray(Image.open(path).convert("L")) for path in paths]
    colorizer(pictures[0], size=size)
    seconds = []
    for picture in pictures:
        start = time.perf_counter()
        colorizer(picture, size=size)
        seconds.append(time.perf_counter() - start)
    described = {"seconds": statistics.median(seconds), "peak_memory_mb": round(_peak_mb()), "pictures": len(paths)}
    print(json.dumps(described))


def _peak_mb() -> float:
    """Peak resident memory of this process."""
    status = Path("/proc/self/status")
    if status.exists():  # getrusage would count the parent too, whose memory a child has until it starts
        return int(status.read_text(encoding="utf-8").partition("VmHWM:")[2].split()[0]) / 1024
    import resource  # not on Windows

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)


if __name__ == "__main__":
    _main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4:])
