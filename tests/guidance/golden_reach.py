"""Write ``tests/data/reach.json``, which the page's TypeScript is held to.

PYTHONPATH=src python tests/guidance/golden_reach.py
"""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np

from colorizing_things.color.chroma import Chroma
from colorizing_things.guidance.reach import PlacedHint, _chance, within_reach
from colorizing_things.model.seen import SeenPicture

GOLDEN = Path(__file__).parents[1] / "data" / "reach.json"
HEIGHT, WIDTH, CELL = 28, 46, 8  # the last row and column of cells lie half outside


def golden() -> dict[str, Any]:
    """A picture of random keys and queries, and two hints on it."""
    random = np.random.default_rng(30)
    rows, columns = -(-HEIGHT // CELL), -(-WIDTH // CELL)
    keys = random.normal(0, 1.2, (4, rows, columns)).astype(np.float32)
    queries = random.normal(0, 1.2, (6, rows, columns)).astype(np.float32)
    queries[5] = abs(queries[5]) * 0.1
    shown = random.normal(0, 20, (2, HEIGHT // 2, WIDTH // 2)).astype(np.float32)
    keys, queries, shown = (field.round(3) for field in (keys, queries, shown))
    seen = SimpleNamespace(
        L=np.zeros((HEIGHT, WIDTH), np.float32),
        card=SimpleNamespace(require=lambda ability: None, affinity=["keys", "queries"]),
        _feeds={"keys": keys, "queries": queries},
        _frame=SimpleNamespace(cut=lambda field: field),
    )
    seen.belonging = lambda row, column: SeenPicture.belonging(cast(SeenPicture, seen), row, column)
    hints = [PlacedHint(3, 4, (40.0, 30.0), "object"), PlacedHint(20, 28, (-20.0, 10.0), "spot")]
    field = within_reach(cast(SeenPicture, seen), Chroma(shown), hints)
    return {
        "size": [HEIGHT, WIDTH],
        "keys": _written(keys),
        "queries": _written(queries),
        "shown": _written(shown),
        "cells": [[hint.row * rows // HEIGHT, hint.column * columns // WIDTH] for hint in hints],
        "hints": [{"row": hint.row, "column": hint.column, "ab": list(hint.ab), "reach": hint.reach} for hint in hints],
        "chances": [_numbers(_chance(cast(SeenPicture, seen), hint)) for hint in hints],
        "ab": _numbers(field.ab),
        "mask": _numbers(field.mask),
    }


def _written(field: np.ndarray) -> dict[str, Any]:
    return {"shape": list(field.shape), "values": _numbers(field)}


def _numbers(field: np.ndarray) -> list[float]:
    return [round(float(value), 3) for value in field.reshape(-1)]


if __name__ == "__main__":
    GOLDEN.write_text(json.dumps(golden()) + "\n")
