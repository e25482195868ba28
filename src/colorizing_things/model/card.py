"""A model's card: every fact that the product needs to run a network, and that a person needs to judge it."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from colorizing_things.errors import ModelError

CONTRACT = 1  # of names, shapes and units between the two houses; a card of another contract is refused


@dataclass(frozen=True)
class Card:
    """What ``card.json`` says.

    Attributes:
        name: by which the model is called.
        method: how it was trained, in the field's words.
        summary: one line for a listing.
        file: name of the ONNX file beside the card.
        sha256: of that file.
        stride: height and width of the input are multiples of it.
        output_stride: pixels of input a cell of output; picture and field line up by it.
        default_size: shorter side of the input in pixels that suits it best.
        inputs, outputs: names in the ONNX graph, from the contract's.
        fixed_size: side in pixels of the square that is all the network takes, or None where any size does.
        bins: centres of the ab bins that ``logits`` speak of, ``[Q][2]``; empty where there are no logits.
        temperature: of the annealed mean inside the graph, or None where there is none.
        parameters: how many weights.
        training: data, pictures seen, hours, in plain words.
        scores: figure by figure, as measured.
        licence: of the weights.
        intended_use, known_failures: for people.
        folder: where the card lies; not part of the file.
    """

    name: str
    method: str
    summary: str
    file: str
    sha256: str
    stride: int
    output_stride: int
    default_size: int
    inputs: list[str]
    outputs: list[str]
    parameters: int
    bins: list[list[float]] = field(default_factory=list)
    temperature: float | None = None
    training: dict[str, Any] = field(default_factory=dict)
    scores: dict[str, Any] = field(default_factory=dict)
    licence: str = ""
    intended_use: str = ""
    known_failures: list[str] = field(default_factory=list)
    fixed_size: int | None = None
    contract: int = CONTRACT
    folder: Path = field(default=Path(), compare=False)

    def weights(self) -> Path:
        """Path of the ONNX file, checked against the card.

        Raises:
            ModelError: missing, or not the file that the card describes.
        """
        path = self.folder / self.file
        if not path.exists():
            raise ModelError(f"{path}: missing; the card beside it names it")
        if hashlib.sha256(path.read_bytes()).hexdigest() != self.sha256:
            raise ModelError(f"{path}: does not match its card's checksum; export or install it again")
        return path

    def save(self) -> None:
        """Write ``card.json`` into the folder."""
        content = {key: value for key, value in dataclasses.asdict(self).items() if key != "folder"}
        text = json.dumps(content, indent=1, ensure_ascii=False)
        pairs = re.compile(r"\[\s+(-?[\d.]+),\s+(-?[\d.]+)\s+\]")  # three hundred bins, a line each at most
        (self.folder / "card.json").write_text(pairs.sub(r"[\1, \2]", text) + "\n")


def load_card(folder: Path) -> Card:
    """Read ``card.json`` of a model's folder.

    Raises:
        ModelError: unreadable, of another contract, or with a wrong set of keys.
    """
    path = folder / "card.json"
    try:
        content = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise ModelError(f"{path}: cannot be read as a card: {error}") from error
    known = {f.name for f in dataclasses.fields(Card)} - {"folder"}
    required = {f.name for f in dataclasses.fields(Card) if f.default is f.default_factory is dataclasses.MISSING}
    if not isinstance(content, dict) or set(content) - known or required - set(content):
        raise ModelError(f"{path}: not a model card of this version; export the model again")
    if content.get("contract", CONTRACT) != CONTRACT:
        raise ModelError(f"{path}: made for another version of this package; export the model again")
    return Card(**content, folder=folder)
