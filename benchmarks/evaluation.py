"""Pictures a second of all metrics that run no feature network, and of all of them, at 256 px.

    python benchmarks/evaluation.py [SECONDS]

Every worker measures ready pictures on one core, as ``colorize evaluate`` does; decoding, colouring and writing
are not in it. The bar: 20 a second on 2 cores without the feature network.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import time

import numpy as np
import torch
from skimage import data

from colorizing_things.lab.evaluation.benchmark import measure
from colorizing_things.lab.evaluation.candidates import Colored
from colorizing_things.lab.evaluation.pictures import to_tensor

SIDE = 256


def pairs() -> list[tuple[Colored, torch.Tensor]]:
    """Three photographs of 256 x 256 with noisy predictions and a confidence."""
    rng = np.random.default_rng(0)
    made = []
    for photo in (data.astronaut(), data.coffee(), data.chelsea()):
        truth = np.ascontiguousarray(photo[:SIDE, :SIDE])
        prediction = (truth + rng.normal(0, 12, truth.shape)).clip(0, 255).astype(np.uint8)
        confidence = rng.random((SIDE, SIDE), dtype=np.float32)
        made.append((Colored(prediction, confidence), to_tensor(truth)))
    return made


def work(network: bool, seconds: float) -> float:
    """Pictures a second of one worker."""
    torch.set_num_threads(1)
    ready = pairs()
    for colored, truth in ready:
        measure(colored, truth, network)
    done, start = 0, time.perf_counter()
    while (spent := time.perf_counter() - start) < seconds:
        measure(*ready[done % len(ready)], network)
        done += 1
    return done / spent


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 10.0
    cores = os.cpu_count() or 1
    context = multiprocessing.get_context("spawn")
    with context.Pool(cores) as pool:
        for name, network in (("without the feature network", False), ("all metrics", True)):
            rates = pool.starmap(work, [(network, seconds)] * cores, chunksize=1)
            print(f"{name}: {sum(rates):.1f} pictures a second at {SIDE} px on {cores} cores")


if __name__ == "__main__":
    main()
