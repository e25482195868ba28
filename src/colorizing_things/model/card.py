"""A model's card: every fact that the product needs to run a network, and that a person needs to judge it."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from colorizing_things.errors import ModelError, SettingError
from colorizing_things.system import faults

CONTRACT = 1  # of names, shapes and units between the two houses; a card of another contract is refused


# What messages say of a model without an ability.
LACKS = {
    "hints": "takes no hints; colorize models says which does",
    "variants": "knows one answer only; colorize models says which knows several",
    "reference": "cannot follow a reference; colorize models says which does",
    "confidence": "does not say how sure it is; leave out --confidence",
    "palette": "gives no distribution over colours; colorize models says which does",
    "reach": "cannot tell things apart; colorize models says which can",
    "mood": "draws its colours with no noise, so it has no mood; colorize models says which has",
}
GRAPHS = {"encoder", "decoder"}


@dataclass(frozen=True)
class GraphFile:
    """A file beside the card, an ONNX file most often: its name and its SHA-256."""

    file: str
    sha256: str


@dataclass(frozen=True)
class Card:
    """What ``card.json`` says.

    Attributes:
        name: by which the model is called.
        method: how it was trained, in the field's words.
        summary: one line for a listing.
        stride: height and width of the input are multiples of it.
        output_stride: pixels of input a cell of output; picture and field line up by it.
        default_size: shorter side of the input in pixels that suits it best.
        inputs, outputs: names from the contract's: what the model takes, and what it answers. Features that an encoder
            hands its decoder are not among them.
        parameters: how many weights.
        file, sha256: of a model of one graph, the ONNX file beside the card and its SHA-256; empty for one of two.
        files: of a model of two graphs, ``encoder`` and ``decoder``; empty for one of one.
        beside: files of weights that the graphs read where they lie: a pretrained encoder's, not trained here.
        bins: centres of the ab bins that ``logits`` speak of, ``[Q][2]``; empty where there are no logits.
        temperature: of the annealed mean inside the graph, or None where there is none.
        training: data, pictures seen, hours, in plain words.
        scores: figure by figure, as measured.
        licence: of the weights.
        intended_use, known_failures: for people.
        fixed_size: side in pixels of the square that is all the network takes, or None where any size does.
        noise_stride: pixels of input a cell of ``z``, where that is noise; None where it is a latent code or not taken.
        mood: what noise is multiplied by where the user says nothing: 0 (the mean) to 1 (the full draw).
        reference_features: the encoder's output that a reference is compared by; None: the output ``features``.
        affinity: the encoder's outputs that say which places belong to one thing: keys and queries
            (:meth:`.SeenPicture.belonging`); empty where it says nothing of it.
        folder: where the card lies; not part of the file.
    """

    name: str
    method: str
    summary: str
    stride: int
    output_stride: int
    default_size: int
    inputs: list[str]
    outputs: list[str]
    parameters: int
    file: str = ""
    sha256: str = ""
    files: dict[str, GraphFile] = field(default_factory=dict)
    beside: list[GraphFile] = field(default_factory=list)
    bins: list[list[float]] = field(default_factory=list)
    temperature: float | None = None
    training: dict[str, Any] = field(default_factory=dict)
    scores: dict[str, Any] = field(default_factory=dict)
    licence: str = ""
    intended_use: str = ""
    known_failures: list[str] = field(default_factory=list)
    fixed_size: int | None = None
    noise_stride: int | None = None
    mood: float = 0.0
    reference_features: str | None = None
    affinity: list[str] = field(default_factory=list)
    contract: int = CONTRACT
    folder: Path = field(default=Path(), compare=False)

    @property
    def has_noise(self) -> bool:
        """Whether ``z`` is noise."""
        return self.noise_stride is not None

    @property
    def abilities(self) -> tuple[str, ...]:
        """What the model can, in the API's words; the keys of :data:`LACKS`."""
        has = {*self.inputs, *self.outputs}
        hints, bins = "hint_ab" in has, "logits" in has
        can = {
            "hints": hints,
            "variants": (hints and bins) or "z" in has,
            "reference": hints and ("features" in has or self.reference_features is not None),
            "confidence": "confidence" in has,
            "palette": bins or self.has_noise,
            "mood": self.has_noise,
            "reach": hints and bool(self.affinity),
        }
        return tuple(name for name, able in can.items() if able)

    def can(self, ability: str) -> bool:
        """Whether that is among its :attr:`abilities`."""
        return ability in self.abilities

    def require(self, ability: str) -> None:
        """Refuse what this model cannot do.

        Raises:
            SettingError: ``ability`` is not among its :attr:`abilities`.
        """
        if not self.can(ability):
            raise SettingError(f"model {self.name} {LACKS[ability]}")

    @property
    def graphs(self) -> dict[str, GraphFile]:
        """Its files by what they are: ``model`` alone, or ``encoder`` and ``decoder``."""
        return self.files or {"model": GraphFile(self.file, self.sha256)}

    @property
    def checksum(self) -> str:
        """SHA-256 that tells its weights from others: of its one file, or of its files' checksums together."""
        if not self.files:
            return self.sha256
        return hashlib.sha256("".join(self.files[name].sha256 for name in sorted(self.files)).encode()).hexdigest()

    @property
    def size_in_bytes(self) -> int:
        """Of all its files."""
        return sum((self.folder / graph.file).stat().st_size for graph in [*self.graphs.values(), *self.beside])

    def verified_paths(self) -> dict[str, Path]:
        """Paths of its ONNX files (:attr:`graphs`), checked against the card.

        Raises:
            ModelError: missing, or not the file that the card describes.
        """
        for graph in [*self.graphs.values(), *self.beside]:
            path = self.folder / graph.file
            if not faults.asked(path.exists, path):
                raise ModelError(f"{path}: missing; the card beside it names it: export or install the model again")
            with faults.naming(f"{path}: cannot be read", ModelError):
                found = hashlib.sha256(path.read_bytes()).hexdigest()
            if found != graph.sha256:
                raise ModelError(f"{path}: does not match its card's checksum; export or install it again")
        return {name: self.folder / graph.file for name, graph in self.graphs.items()}

    def content(self) -> dict[str, Any]:
        """What ``card.json`` holds; what does not apply to this model is left out."""
        optional = ("file", "sha256", "files", "beside", "noise_stride", "mood", "reference_features")
        return {
            key: value
            for key, value in dataclasses.asdict(self).items()
            if key != "folder" and (value or key not in optional)
        }

    def save(self) -> None:
        """Write ``card.json`` into the folder."""
        text = json.dumps(self.content(), indent=1, ensure_ascii=False)
        pairs = re.compile(r"\[\s+(-?[\d.]+),\s+(-?[\d.]+)\s+\]")  # three hundred bins, a line each at most
        faults.save_text(self.folder / "card.json", pairs.sub(r"[\1, \2]", text) + "\n")


def load_card(folder: Path) -> Card:
    """Read ``card.json`` of a model's folder.

    Raises:
        ModelError: unreadable, of another contract, or with a wrong set of keys.
    """
    path = folder / "card.json"
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(f"{path}: cannot be read as a card: {error}") from error
    known = {f.name for f in dataclasses.fields(Card)} - {"folder"}
    required = {f.name for f in dataclasses.fields(Card) if f.default is f.default_factory is dataclasses.MISSING}
    if not isinstance(content, dict) or set(content) - known or required - set(content):
        raise ModelError(f"{path}: not a model card of this version; export the model again")
    if content.get("contract", CONTRACT) != CONTRACT:
        raise ModelError(f"{path}: made for another version of this package; export the model again")
    try:
        content["files"] = {name: GraphFile(**graph) for name, graph in content.get("files", {}).items()}
        content["beside"] = [GraphFile(**graph) for graph in content.get("beside", [])]
    except (TypeError, AttributeError):
        raise ModelError(f"{path}: each of files needs file and sha256; export the model again") from None
    _check(card := Card(**content, folder=folder), path)
    return card


def _check(card: Card, path: Path) -> None:
    """Refuse a card whose words contradict each other.

    Raises:
        ModelError: they do.
    """
    if card.files and (set(card.files) != GRAPHS or card.file):
        raise ModelError(f"{path}: files must be encoder and decoder, without another file")
    if not card.files and not (card.file and card.sha256):
        raise ModelError(f"{path}: names no ONNX file; give file and sha256, or files")
    if card.has_noise and "z" not in card.inputs:
        raise ModelError(f"{path}: has a noise_stride, but z is not among its inputs")
    if not 0 <= card.mood <= 1:
        raise ModelError(f"{path}: mood {card.mood} must be 0 (the mean) to 1 (the full draw)")
