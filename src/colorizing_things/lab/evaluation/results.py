"""Records -> ``results.json``: figures with intervals, comparisons, curves, the protocol and the versions."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from colorizing_things.lab.metrics import auc, confidence, figures
from colorizing_things.lab.metrics.base import Figure, Rows, SetFigure, Table
from colorizing_things.lab.metrics.protocol import PROTOCOL
from colorizing_things.system import faults

from .benchmark import table_of
from .candidates import Candidate
from .journal import Journal
from .pictures import Picture, set_checksum
from .statistics import Estimate, compare, estimate_all

FORMAT = 1
DIGITS = 6  # decimals kept of every number; the table shows fewer
SCATTER = 500  # points a candidate in the plot of colourfulness
PACKAGES = (
    "colorizing-things",
    "numpy",
    "torch",
    "torchmetrics",
    "kornia",
    "scikit-image",
    "onnxruntime",
    "pillow",
)
KINDS_OF_EXAMPLES = ("best", "median", "worst")
EXAMPLES = 2  # pictures of each kind


def summarize(
    candidates: Sequence[Candidate],
    pictures: Sequence[Picture],
    journal: Journal,
    seed: int,
    costs: dict[str, dict[str, Any]],
    set_name: str,
) -> dict[str, Any]:
    """Everything that the report says, as JSON takes it.

    Args:
        candidates: among them one of kind ``ceiling`` and one of kind ``floor``.
        pictures: the set.
        journal: holds a record of every candidate's every picture.
        seed: of the resamples.
        costs: seconds and memory by the candidate's name.
        set_name: of the set, for people.
    """
    real, gray = (
        table_of(next(c for c in candidates if c.kind == kind), pictures, journal) for kind in ("ceiling", "floor")
    )
    described, estimates = [], {}
    for candidate in candidates:
        rows = Rows(table_of(candidate, pictures, journal), real, gray)
        estimates[candidate.name] = estimate_all(rows, seed)
        described.append(
            {
                "name": candidate.name,
                "kind": candidate.kind,
                **candidate.about(),
                "figures": {key: _estimate(estimate) for key, estimate in estimates[candidate.name].items()},
                "cost": costs.get(candidate.name),
                "curves": _curves(rows.own, seed),
                "examples": _examples(rows, pictures) if candidate.kind not in ("ceiling", "floor") else {},
            }
        )
    return {
        "format": FORMAT,
        "protocol": PROTOCOL.as_dict(),
        "protocol_sha256": hashlib.sha256(json.dumps(PROTOCOL.as_dict(), sort_keys=True).encode()).hexdigest(),
        "set": _describe_set(pictures, set_name),
        "seed": seed,
        "versions": _versions(),
        "figures": [describe_figure(figure) for figure in figures().values()],
        "candidates": described,
        "comparisons": [
            _comparison(first.name, second.name, estimates) for first, second in combinations(candidates, 2)
        ],
    }


def write_json(results: dict[str, Any], path: Path) -> None:
    """Write results; numbers keep six decimals."""
    faults.save_text(path, json.dumps(_rounded(results), indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(item) for item in value]
    if isinstance(value, float | np.floating):
        return round(float(value), DIGITS) if np.isfinite(value) else None
    return value


def _estimate(estimate: Estimate) -> dict[str, Any]:
    if estimate.value is None:
        return {"value": None, "reason": estimate.reason}
    return {"value": estimate.value, "low": estimate.low, "high": estimate.high}


def _comparison(first: str, second: str, estimates: dict[str, dict[str, Estimate]]) -> dict[str, Any]:
    """First minus second in every figure that both have."""
    differences = {}
    for key in figures():
        difference = compare(estimates[first][key], estimates[second][key])
        if difference is not None:
            differences[key] = {
                "difference": difference.value,
                "low": difference.low,
                "high": difference.high,
                "clear": difference.clear,
            }
    return {"first": first, "second": second, "figures": differences}


def _describe_set(pictures: Sequence[Picture], name: str) -> dict[str, Any]:
    shorter = sorted(min(p.width, p.height) for p in pictures)
    return {
        "name": name,
        "count": len(pictures),
        "sha256": set_checksum(list(pictures)),
        "crop": PROTOCOL.crop,
        "shorter_side": {"least": shorter[0], "median": shorter[len(shorter) // 2], "most": shorter[-1]},
    }


def describe_figure(figure: Figure | SetFigure) -> dict[str, Any]:
    """What the table and the page say about a figure."""
    return {
        "key": figure.key,
        "title": figure.title,
        "direction": figure.direction,
        "digits": figure.digits,
        "meaning": figure.meaning,
    }


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found


def _curves(own: Table, seed: int) -> dict[str, Any]:
    """What the plots show."""
    count = len(own["colourfulness_abs"])
    shown = np.sort(np.random.default_rng(seed).permutation(count)[:SCATTER])
    curves: dict[str, Any] = {
        "auc": auc.curve(np.asarray(own["error_histogram"].sum(0), np.float64)).tolist(),
        "auc_rebalanced": auc.curve(np.asarray(own["rare_error_histogram"].sum(0), np.float64)).tolist(),
        "colourfulness": [
            [float(x), float(y)]
            for x, y in zip(own["real_colourfulness_abs"][shown], own["colourfulness_abs"][shown], strict=True)
        ],
    }
    if "calibration_sums" in own:
        sums = np.asarray(own["calibration_sums"].sum(0), np.float64)
        curves["calibration"] = [part.tolist() for part in confidence.calibration_curve(sums)]
    return curves


def _examples(rows: Rows, pictures: Sequence[Picture]) -> dict[str, dict[str, list[dict[str, Any]]]]:
    """Best, median and worst pictures by each figure that ranks them: name and value, in that order."""
    examples = {}
    for key, figure in figures().items():
        if not isinstance(figure, Figure) or not figure.ranks_pictures:
            continue
        terms = figure.table_of_terms(rows)
        if terms is None:
            continue
        values = terms[:, 0]
        order = np.argsort(-values if figure.direction == "higher" else values, kind="stable")
        middle = max(0, len(order) // 2 - EXAMPLES // 2)
        chosen = (order[:EXAMPLES], order[middle : middle + EXAMPLES], order[::-1][:EXAMPLES])
        examples[key] = {
            kind: [{"picture": pictures[int(i)].name, "value": float(values[i])} for i in places]
            for kind, places in zip(KINDS_OF_EXAMPLES, chosen, strict=True)
        }
    return examples
