"""What a run writes, how it is read back, and what one stage hands to the next."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

import torch
from torch import nn
from torch.optim import Optimizer
from torch.optim.swa_utils import AveragedModel

from colorizing_things.errors import TrainingError
from colorizing_things.lab.methods import Method
from colorizing_things.lab.methods.base import Trainable
from colorizing_things.system import faults

BEST = "best.ckpt"  # beside the last: the one with the smallest error on dev


def save(state: dict[str, Any], path: Path) -> None:
    """Write a checkpoint whole or not at all: what the one before says is lost only when this one is on the disk.

    Raises:
        TrainingError: the system refuses it, a full disk say.
    """
    partial = path.with_suffix(".partial")
    kept = f"; the checkpoint before is whole, and the same command goes on from it: {path}" if path.exists() else ""
    try:
        with faults.naming(f"{path}: cannot be written", TrainingError, kept):
            with partial.open("wb") as file:
                _write(state, file)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(path)
    except Exception:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        raise


def _write(state: dict[str, Any], file: BinaryIO) -> None:
    """By torch, which hides what the system said behind an error of its own when it cannot close its archive."""
    try:
        torch.save(state, file)
    except RuntimeError as error:
        if isinstance(error.__context__, OSError):
            raise error.__context__ from None
        raise


def state_of(method: Method, average: AveragedModel) -> dict[str, Any]:
    """What a method has learnt: every module with its optimizer's memory, the average of the network, its teachers."""
    trainables = {
        name: {
            "module": each.module.state_dict(),
            "optimizer": each.optimizer.state_dict(),
            "kind": _kind(each.optimizer),
        }
        for name, each in method.trainables.items()
    }
    teachers = {name: module.state_dict() for name, module in method.teachers.items()}
    return {
        "trainables": trainables, "average": average.state_dict(), "carried": sorted(method.carried),
        "teachers": teachers,
    }  # fmt: skip


def restore(method: Method, average: AveragedModel, saved: dict[str, Any]) -> None:
    """Bring a method to where a checkpoint of the same stage left it.

    Raises:
        TrainingError: the checkpoint has other modules, or modules of other settings.
    """
    average.load_state_dict(saved["average"])
    if set(saved["trainables"]) != set(method.trainables):
        raise TrainingError("the checkpoint belongs to another recipe; use another --out")
    for name, trainable in method.trainables.items():
        try:
            _load(trainable, saved["trainables"][name])
        except (RuntimeError, ValueError) as error:
            raise TrainingError(f"the checkpoint's {name} has other settings than this recipe's") from error
    for name, teacher in method.teachers.items():
        teacher.load_state_dict(saved["teachers"][name])
    method.carried = frozenset(saved["carried"])


def carry_over(method: Method, average: AveragedModel, before: dict[str, Any]) -> str:
    """Give a stage's modules, by name, what the stage before has learnt: weights, optimizer's memory, average.

    What the stage before did not have, or had in another shape, begins anew.

    Args:
        method: of the new stage; its network has the weights already.
        average: of its network.
        before: :func:`state_of` the stage before.

    Returns:
        A line that says what was carried and what is new.
    """
    if method.begins_from_average:
        return "carried over: the average, as network and teacher; new: all else"
    carried, new = [], []
    for name, trainable in method.trainables.items():
        known = before["trainables"].get(name)
        if known is None:
            new.append(name)
            continue
        try:
            _load(trainable, known)
            carried.append(f"{name} with its optimizer")
        except (RuntimeError, ValueError):
            if _load_module(trainable.module, known["module"]):
                carried.append(name)
                new.append(f"{name}'s optimizer")
            else:
                new.append(name)
    average.load_state_dict(before["average"])
    method.carried = frozenset(name for name in method.trainables if name not in new)
    return f"carried over: {', '.join([*carried, 'the average'])}; new: {', '.join(new) or 'nothing'}"


def _load(trainable: Trainable, saved: dict[str, Any]) -> None:
    """Weights and the optimizer's memory; rates and what else the recipe sets are the recipe's.

    Raises:
        RuntimeError, ValueError: another shape, or another kind of optimizer; nothing is changed then but the module.
    """
    optimizer = trainable.optimizer
    if saved["kind"] != _kind(optimizer):
        raise ValueError(f"optimizer {saved['kind']}, not {_kind(optimizer)}")
    given = [{k: v for k, v in group.items() if k != "params"} for group in optimizer.param_groups]
    trainable.module.load_state_dict(saved["module"])
    optimizer.load_state_dict(saved["optimizer"])
    for group, own in zip(optimizer.param_groups, given, strict=True):
        group.update(own)


def _load_module(module: nn.Module, weights: dict[str, Any]) -> bool:
    try:
        module.load_state_dict(weights)
    except RuntimeError:
        return False
    return True


def _kind(optimizer: Optimizer) -> str:
    """The optimizer's class, below what Fabric wraps around it."""
    return type(getattr(optimizer, "optimizer", optimizer)).__name__


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
