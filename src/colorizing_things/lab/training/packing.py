"""A run packed into one file, that whoever gets it can look into, go on from, export and measure.

``run.zip`` holds ``last.ckpt`` (weights, optimizers, recipe), ``run.json`` (the recipe and how many pictures),
``card.json`` (what an exported model would say of itself, but for its files), ``code.json`` (the versions that trained
it), ``data.json`` (where the pictures came from) and the log, ``events.*``, as TensorBoard reads it.
"""

from __future__ import annotations

import hashlib
import json
import platform
import subprocess
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import torch

import colorizing_things
from colorizing_things.errors import TrainingError
from colorizing_things.lab.data.photographs import PhotographSet
from colorizing_things.lab.networks.checkpoints import CHECKPOINT, load_network
from colorizing_things.system import faults

from .card import card_of, graphs_of

PACKED = "run.zip"


def pack(run: Path, photographs: PhotographSet) -> Path:
    """Write ``run.zip`` into a run's folder, whole or not at all.

    Args:
        run: the folder, with its checkpoint, ``run.json`` and events.
        photographs: what it was trained on.

    Returns:
        The file.
    """
    packed = run / PACKED
    partial = packed.with_suffix(".partial")
    texts = {"card.json": _card(run), "code.json": code_version(), "data.json": data_provenance(photographs)}
    with faults.writing(packed), zipfile.ZipFile(partial, "w") as archive:  # stored: weights do not get smaller
        for name, content in texts.items():
            if content is not None:
                archive.writestr(name, json.dumps(content, indent=1, ensure_ascii=False))
        for path in (run / CHECKPOINT, run / "run.json", *sorted(run.glob("events.*"))):
            archive.write(path, path.name)
    partial.replace(packed)
    return packed


def _card(run: Path) -> dict[str, Any] | None:
    """The card of what it has learnt; none of a network that does not colour."""
    network, saved = load_network(run)
    try:
        return card_of(graphs_of(network, saved), saved).content()
    except TrainingError:
        return None


def code_version() -> dict[str, Any]:
    """The package's version and, in a checkout, its commit (``-dirty`` where files were changed since)."""
    return {
        "colorizing-things": colorizing_things.__version__,
        "commit": _commit(Path(colorizing_things.__file__).parent),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "system": platform.platform(),
    }


def _commit(folder: Path) -> str | None:
    def git(*words: str) -> str:
        return subprocess.run(
            ["git", "-C", folder, *words], capture_output=True, text=True, check=True, encoding="utf-8"
        ).stdout.strip()

    try:
        git("ls-files", "--error-unmatch", "__init__.py")  # or else it is somebody's repository around an installation
        return git("describe", "--always", "--dirty", "--abbrev=40", "--exclude=*")
    except (OSError, subprocess.CalledProcessError):
        return None


def data_provenance(photographs: PhotographSet) -> dict[str, Any]:
    """How many pictures of which source, how many were left out and why; no names, but a checksum of all together."""
    train, dev, left_out = photographs
    checksums = sorted(int(number) for number in (*train.checksums, *dev.checksums))
    return {
        "pictures": len(train),
        "dev": len(dev),
        "sources": dict(sorted(Counter(train.sources).items())),
        "left_out": {reason: len(names) for reason, names in left_out.items()},
        "sha256": hashlib.sha256(",".join(map(str, checksums)).encode()).hexdigest(),
    }
