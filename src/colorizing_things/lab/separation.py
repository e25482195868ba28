"""What was trained apart from what was not: a model whose graph reads a pretrained encoder out of its own file.

usage: python -m colorizing_things.lab.separation MODEL WEIGHTS.safetensors

MODEL is an exported model's folder. Of its graphs' weights those that WEIGHTS holds, bit by bit but for the sign of a
zero, are read from there when it runs; WEIGHTS is laid beside them and the card names it. What is left in MODEL is what
was trained here.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import shutil
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import onnx
from onnx import TensorProto

from colorizing_things.errors import ModelError
from colorizing_things.model.card import GraphFile, load_card

FLOATS: dict[str, type[np.floating]] = {"F16": np.float16, "F32": np.float32}  # by safetensors' names
ONNX_FLOATS = {TensorProto.FLOAT16: FLOATS["F16"], TensorProto.FLOAT: FLOATS["F32"]}
HEADER = 8  # bytes: the length of a safetensors file's own list, which comes first


class Place(NamedTuple):
    """Where a weight lies in a file, in bytes."""

    offset: int
    length: int


def places(weights: Path) -> dict[bytes, Place]:
    """Where every tensor of floats of a safetensors file lies, by its bytes as :func:`unsigned_zeros` makes them."""
    data = weights.read_bytes()
    start = HEADER + int.from_bytes(data[:HEADER], "little")
    listed = json.loads(data[HEADER:start])
    found = {}
    for name, entry in listed.items():
        if name != "__metadata__" and entry["dtype"] in FLOATS:
            first, last = (start + offset for offset in entry["data_offsets"])
            found[unsigned_zeros(data[first:last], FLOATS[entry["dtype"]])] = Place(first, last - first)
    return found


def unsigned_zeros(data: bytes, dtype: type[np.floating]) -> bytes:
    """Floats with every -0 as 0: weights that were averaged over a training have lost that sign, and nothing else."""
    return bytes((np.frombuffer(data, dtype) + dtype(0)).tobytes())


def read_from(graph: onnx.ModelProto, name: str, known: dict[bytes, Place]) -> int:
    """Let a graph read from the file ``name`` what that holds; return how many weights."""
    found = []
    for weight in graph.graph.initializer:
        dtype = ONNX_FLOATS.get(weight.data_type)
        place = known.get(unsigned_zeros(weight.raw_data, dtype)) if dtype else None
        if place is None:
            continue
        found.append(weight)
        weight.ClearField("raw_data")
        weight.data_location = TensorProto.EXTERNAL
        for key, value in {"location": name, **place._asdict()}.items():
            weight.external_data.add(key=key, value=str(value))
    return len(found)


def separate(folder: Path, weights: Path) -> int:
    """Do so with the model in ``folder``; return how many weights are read from ``weights``.

    Raises:
        ModelError: none of the model's weights is in it.
    """
    card, known = load_card(folder), places(weights)
    paths = card.verified_paths()
    graphs = {stem: onnx.load(path) for stem, path in paths.items()}
    count = sum(read_from(graph, weights.name, known) for graph in graphs.values())
    if not count:
        raise ModelError(f"{folder}: none of its weights is in {weights}")
    for stem, graph in graphs.items():
        onnx.save(graph, paths[stem])
    changed = {stem: GraphFile(path.name, _sha256(path)) for stem, path in paths.items()}
    if (folder / weights.name).absolute() != weights.absolute():
        shutil.copy(weights, folder / weights.name)
    one = {} if card.files else dataclasses.asdict(changed["model"])
    many = {"files": changed} if card.files else {}
    beside = [GraphFile(weights.name, _sha256(weights))]
    dataclasses.replace(card, beside=beside, **one, **many).save()  # type: ignore[arg-type]
    return count


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


if __name__ == "__main__":
    print(separate(Path(sys.argv[1]), Path(sys.argv[2])), "weights are read from", Path(sys.argv[2]).name)
