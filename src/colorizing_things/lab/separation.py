"""What was trained apart from what was not: a model whose graph reads a pretrained encoder out of its own file.

usage: python -m colorizing_things.lab.separation MODEL WEIGHTS.safetensors

MODEL is an exported model's folder. Of its graphs' weights those that WEIGHTS holds, bit by bit, are read from there
when it runs; WEIGHTS is laid beside them and the card names it. What is left in MODEL is what was trained here.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import shutil
import sys
from pathlib import Path
from typing import NamedTuple

import onnx
from onnx import TensorProto

from colorizing_things.errors import ModelError
from colorizing_things.model.card import GraphFile, load_card

HEADER = 8  # bytes: the length of a safetensors file's own list, which comes first


class Place(NamedTuple):
    """Where a weight lies in a file, in bytes."""

    offset: int
    length: int


def places(weights: Path) -> dict[bytes, Place]:
    """Where every tensor of a safetensors file lies, by its bytes."""
    data = weights.read_bytes()
    start = HEADER + int.from_bytes(data[:HEADER], "little")
    listed = json.loads(data[HEADER:start])
    spans = [entry["data_offsets"] for name, entry in listed.items() if name != "__metadata__"]
    return {data[start + first : start + last]: Place(start + first, last - first) for first, last in spans}


def read_from(graph: onnx.ModelProto, name: str, known: dict[bytes, Place]) -> int:
    """Let a graph read from the file ``name`` what that holds; return how many weights."""
    found = [weight for weight in graph.graph.initializer if weight.raw_data in known]
    for weight in found:
        place = known[weight.raw_data]
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
