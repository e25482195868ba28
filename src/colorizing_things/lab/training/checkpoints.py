"""What a run writes, and how a resumed one differs from it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch


def save(state: dict[str, Any], path: Path) -> None:
    """Write a checkpoint whole or not at all."""
    partial = path.with_suffix(".partial")
    torch.save(state, partial)
    partial.replace(path)


def changed_settings(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """What a run that is resumed was given otherwise than before: ``optimizer.lr 0.0003 -> 0.001``, each once.

    Args:
        before: the recipe of the checkpoint, as a dict.
        now: the recipe that it goes on with.
    """
    found: dict[str, None] = {}
    pairs = [*zip(before["stages"], now["stages"], strict=False)]
    pairs.append(({"decoding": before["decoding"]}, {"decoding": now["decoding"]}))
    for old, new in ((_flat(a), _flat(b)) for a, b in pairs):
        for key in sorted(old.keys() | new.keys()):
            if old.get(key) != new.get(key):
                found[f"{key} {old.get(key)} -> {new.get(key)}"] = None
    if len(before["stages"]) != len(now["stages"]):
        found[f"stages {len(before['stages'])} -> {len(now['stages'])}"] = None
    return list(found)


def _flat(settings: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """``{"data": {"size": 64}}`` -> ``{"data.size": 64}``."""
    flat: dict[str, Any] = {}
    for key, value in settings.items():
        flat |= _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {f"{prefix}{key}": value}
    return flat
