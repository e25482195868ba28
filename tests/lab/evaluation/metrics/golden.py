"""Golden values: every figure of every family on four fixed photographs, coloured in three fixed ways.

    PYTHONPATH=src python tests/lab/evaluation/metrics/golden.py

writes ``golden.csv`` anew. Do that only where a figure is meant to change, and say why in the commit (and raise the
protocol's version): the file is there so that none changes unnoticed.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import torch
from skimage import data

from colorizing_things.lab.evaluation.statistics import estimate_all
from colorizing_things.lab.metrics import FAMILIES
from colorizing_things.lab.metrics.base import Pair, Rows, Table

FILE = Path(__file__).with_suffix(".csv")
# name: (relative, absolute). Sums in float32 may be made in another order on another processor; some pixels may then
# fall on the other side of a threshold; a network adds more of that, and its kernel distances are differences of large
# numbers; a box of the cascade may move by a pixel.
TOLERANCES = {"float32": (1e-4, 1e-4), "pixels": (1e-3, 2e-2), "network": (1e-2, 5e-2), "cascade": (5e-2, 1.0)}
TOLERANCE_OF_FAMILY = {
    **dict.fromkeys(("stains", "colorless", "edges", "auc", "bleeding", "confidence"), "pixels"),
    **dict.fromkeys(("distances", "semantics"), "network"),
    "faces": "cascade",
}


def photographs() -> list[torch.Tensor]:
    """Four crops of scikit-image's photographs, sRGB uint8 ``[3,H,W]``, one with a face."""
    crops = (
        data.astronaut()[:256, 96:400],
        data.coffee()[60:316, 140:460],
        data.chelsea()[20:296, 60:400],
        data.rocket()[100:400, 200:440],
    )
    return [torch.from_numpy(crop.copy()).permute(2, 0, 1) for crop in crops]


def gray(photo: torch.Tensor) -> torch.Tensor:
    """The mean of the three channels."""
    return photo.float().mean(0).round().to(torch.uint8).expand(3, -1, -1)


def colorings(photo: torch.Tensor) -> dict[str, torch.Tensor]:
    """Fixed predictions: pale, of swapped hues, and bold with a stain in the middle."""
    around = gray(photo).float()
    pale = around + 0.3 * (photo.float() - around)
    bold = around + 1.4 * (photo.float() - around)
    height, width = photo.shape[1:]
    bold[0, height // 3 : height // 2, width // 3 : width // 2] += 90
    parts = {"pale": pale, "swapped": photo.flip(0).float(), "bold": bold}
    return {name: part.clamp(0, 255).round().to(torch.uint8) for name, part in parts.items()}


def table_of(predictions: list[torch.Tensor], photos: list[torch.Tensor]) -> Table:
    """The records of a set, with a confidence that grows downwards and eight colourings from pale to full."""
    records = []
    for prediction, photo in zip(predictions, photos, strict=True):
        height, width = photo.shape[1:]
        confidence = torch.linspace(0, 1, height)[:, None].expand(height, width)
        around = gray(photo).float()
        samples = [(around + n / 8 * (prediction.float() - around)).round().to(torch.uint8) for n in range(1, 9)]
        pair, record = Pair(prediction, photo, confidence, samples), {}
        for family in FAMILIES.values():
            if family.missing() is None:
                record.update(family.measure(pair))
        records.append(record)
    return {name: np.stack([record[name] for record in records]) for name in records[0]}


def measured() -> dict[tuple[str, str], float]:
    """Every figure by (colouring, its key), of those that can be had here."""
    torch.set_num_threads(1)
    photos = photographs()
    sets = {name: [colorings(photo)[name] for photo in photos] for name in colorings(photos[0])}
    real, floor = table_of(photos, photos), table_of([gray(photo) for photo in photos], photos)
    found = {}
    for name, predictions in sets.items():
        for key, estimate in estimate_all(Rows(table_of(predictions, photos), real, floor), seed=0).items():
            if estimate.value is not None:
                found[name, key] = estimate.value
    return found


def tolerance_of(key: str) -> str:
    """Name of the tolerance of a figure."""
    family = next(name for name, family in FAMILIES.items() if key in [figure.key for figure in family.figures])
    return TOLERANCE_OF_FAMILY.get(family, "float32")


def main() -> None:
    """Write the file anew."""
    with FILE.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["colouring", "figure", "value", "tolerance"])
        for (name, key), value in measured().items():
            writer.writerow([name, key, f"{value:.6g}", tolerance_of(key)])


if __name__ == "__main__":
    main()
