"""What is scored: a model through the product, a folder of predictions, the grey floor, the real pictures."""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from colorizing_things.errors import PictureError, SettingError
from colorizing_things.guidance.hints import Hint
from colorizing_things.lab.data.emulsion import plate_weights

from .pictures import Picture, UInt8, file_sha256, gray_of, list_pictures, on_plate, read_rgb, size_of, to_tensor

HINT_PATCH = 5  # px, the side of what a true hint is the mean of


@dataclass(frozen=True)
class Colored:
    """One picture as a candidate colours it: sRGB ``[H,W,3]``, and what else it has to say."""

    rgb: UInt8
    confidence: npt.NDArray[np.float32] | None = None  # [H,W], 0..1
    samples: list[UInt8] = field(default_factory=list)


class Candidate(ABC):
    """Something that can be scored. Small and picklable: workers load the heavy things themselves."""

    name: str
    kind: str

    @abstractmethod
    def fingerprint(self, picture: Picture) -> str:
        """What decides the colours of this picture: weights and settings, or a file's bytes."""

    @abstractmethod
    def colorize(self, picture: Picture, real: UInt8) -> Colored:
        """Colour one photograph of the set; ``real`` is its own pixels."""

    def likeliest(self) -> Candidate:
        """The same, for whoever only wants to see its one colouring and not wait for samples."""
        return self

    def about(self) -> dict[str, Any]:
        """Further facts for the results."""
        return {}


@dataclass(frozen=True)
class GrayFloor(Candidate):
    """No colour at all: what every colorizer must beat."""

    name: str = "grey"
    kind: str = "floor"

    def fingerprint(self, picture: Picture) -> str:
        """Always the same."""
        return "grey"

    def colorize(self, picture: Picture, real: UInt8) -> Colored:
        """The black-and-white photograph."""
        return Colored(np.repeat(gray_of(real)[..., None], 3, axis=-1))


@dataclass(frozen=True)
class RealPhotographs(Candidate):
    """The colour photographs themselves: the ceiling."""

    name: str = "real"
    kind: str = "ceiling"

    def fingerprint(self, picture: Picture) -> str:
        """Always the same."""
        return "real"

    def colorize(self, picture: Picture, real: UInt8) -> Colored:
        """The photograph."""
        return Colored(real)


@dataclass(frozen=True)
class Predictions(Candidate):
    """Pictures that another tool coloured, paired by name."""

    name: str
    files: dict[str, Path]
    checksums: dict[str, str]
    kind: str = "folder"

    def fingerprint(self, picture: Picture) -> str:
        """SHA-256 of the prediction's bytes."""
        return self.checksums[picture.name]

    def colorize(self, picture: Picture, real: UInt8) -> Colored:
        """Read the prediction."""
        path = self.files[picture.name]
        rgb = read_rgb(path)
        if rgb.shape != real.shape:
            raise PictureError(_wrong_size(path, (rgb.shape[1], rgb.shape[0]), picture))
        return Colored(rgb)


def open_predictions(folder: Path, pictures: list[Picture]) -> Predictions:
    """Pair a folder of predictions with the set, and check all pairs before anything is scored.

    Names are paired without their suffixes; ``.color`` before the suffix, as our own command line writes it,
    is ignored. Files that belong to no picture of the set are ignored too.

    Raises:
        PictureError: a prediction is missing, or has another size.
    """
    found = {name.removesuffix(".color"): path for name, path in list_pictures(folder).items()}
    missing = [p for p in pictures if p.name not in found]
    if missing:
        more = f" (and {len(missing) - 1} more)" if len(missing) > 1 else ""
        raise PictureError(f"{folder}: has no prediction for {missing[0].path.name}{more}; add it under the same name")
    files = {p.name: found[p.name] for p in pictures}
    for picture in pictures:
        size = size_of(files[picture.name])
        if size != (picture.width, picture.height):
            raise PictureError(_wrong_size(files[picture.name], size, picture))
    return Predictions(folder.name, files, {name: file_sha256(path) for name, path in files.items()})


def _wrong_size(path: Path, size: tuple[int, int], picture: Picture) -> str:
    return (
        f"{path}: is {size[0]} x {size[1]}, the photograph is {picture.width} x {picture.height}; "
        "save the prediction at the photograph's own size"
    )


@dataclass(frozen=True)
class Model(Candidate):
    """A model, run as a user would run it: through the product's Colorizer, on one core."""

    name: str
    model: str  # a bundled name, a model's folder, or an ONNX file beside its card
    checksum: str
    size: int  # shorter side at which the network sees a picture
    device: str = "auto"
    sample_count: int = 0
    seed: int = 0
    hints: int = 0  # places whose true colour it is told
    mood: float | None = None  # what its noise is multiplied by; None: it has no noise
    plate: str = ""  # what it sees was kept by an old plate: see lab.emulsion; empty: today's luminance
    kind: str = "model"

    def fingerprint(self, picture: Picture) -> str:
        """Weights, size, mood, how samples and hints are drawn, and the plate."""
        noise = "" if self.mood is None else f":mood{self.mood:g}"
        drawn = f":{self.sample_count}:{self.seed}" if self.sample_count else ""
        told = f":hints{self.hints}:{self.seed}" if self.hints else ""
        return f"{self.checksum}:{self.size}{noise}" + drawn + told + (f":{self.plate}" if self.plate else "")

    def colorize(self, picture: Picture, real: UInt8) -> Colored:
        """Colour the grey version of the photograph, or what an old plate kept of it.

        Colours predicted from a plate are joined with the photograph's own lightness, so that nothing but the colours
        differs from what the same model makes of today's luminance.
        """
        gray = gray_of(real)
        colorizer, session = open_session(self, on_plate(real, self.plate) if self.plate else gray)
        chroma = session.predict(true_hints(real, self.hints, f"{self.seed}:{picture.sha256}"))
        drawn = []
        if self.sample_count and "variants" in colorizer.card.abilities:
            drawn = session.variants(self.sample_count, self.seed)
        rgb, *samples = (colorizer.pixels(gray, chroma=field) for field in (chroma, *drawn))
        return Colored(rgb, _enlarged(chroma.confidence, real.shape[:2]), samples)

    def likeliest(self) -> Candidate:
        """Without samples: these take a hundred times as long."""
        return dataclasses.replace(self, sample_count=0)

    def about(self) -> dict[str, Any]:
        """Checksum, network size, parameters, and how long it was trained on how many pictures."""
        card = open_colorizer(self.model, self.device).card
        return {
            "sha256": self.checksum,
            "size": self.size,
            "parameters": card.parameters,
            "method": card.method,
            **{key: card.training[key] for key in ("pictures_seen", "hours") if key in card.training},
        }


def _enlarged(confidence: npt.NDArray[np.float32] | None, size: tuple[int, ...]) -> npt.NDArray[np.float32] | None:
    from colorizing_things.color.resampling import enlarge

    return None if confidence is None else enlarge(confidence, *size).clip(0, 1)


def true_hints(real: UInt8, count: int, seed: str) -> list[Hint]:
    """What somebody who knows the photograph would say: the mean colour of ``count`` patches at random places.

    The places of a larger count begin with those of a smaller one.

    Args:
        real: sRGB ``[H,W,3]``.
        count: how many.
        seed: of the places.
    """
    from colorizing_things.lab.metrics.base import to_lab

    ab = to_lab(to_tensor(real))[1:].double().numpy()
    height, width = real.shape[:2]
    near = HINT_PATCH // 2
    places = np.random.default_rng(list(seed.encode())).random((count, 2))
    hints = []
    for y, x in (places * (height, width)).astype(int):
        patch = ab[:, max(0, y - near) : y + near + 1, max(0, x - near) : x + near + 1]
        a, b = patch.mean((1, 2))
        hints.append(Hint(float(x), float(y), (float(a), float(b))))
    return hints


@lru_cache(maxsize=1)  # candidates are scored one after another: one network in memory at a time
def open_colorizer(model: str, device: str, threads: int | None = 1) -> Any:
    """The product's Colorizer."""
    from colorizing_things import Colorizer

    return Colorizer(model, device, threads)


def open_session(model: Model, gray: UInt8) -> tuple[Any, Any]:
    """The product's Colorizer, and its session of one picture ``[H,W]`` at the model's size and mood."""
    from colorizing_things import ColorOptions

    colorizer = open_colorizer(model.model, model.device)
    return colorizer, colorizer.session(gray, ColorOptions(model.size, mood=model.mood))


def open_model(
    model: str,
    work: Path,
    size: int | None = None,
    device: str = "auto",
    sample_count: int = 0,
    seed: int = 0,
) -> Model:
    """A model by a bundled name, by its folder or ONNX file, or by a training run (folder, ``run.zip`` or checkpoint).

    A training run is exported first.

    Args:
        model: which.
        work: folder where an exported training run is put.
        size: shorter side at which the network sees a picture; the card's default if None.
        device: where it runs.
        sample_count: how many colourings of each picture to draw, where the model can.
        seed: which.
    """
    path = Path(model)
    checkpoint = path if path.suffix in (".ckpt", ".zip") else path / "last.ckpt"
    if checkpoint.exists() and not (path / "card.json").exists():
        model = str(_exported(path, checkpoint, work))
    card = open_colorizer(model, device).card
    chosen = size or card.default_size
    name = card.name if size in (None, card.default_size) else f"{card.name} at {size}"
    mood = card.mood if card.has_noise else None
    return Model(name, model, card.checksum, chosen, device, sample_count, seed, mood=mood)


def at_moods(models: Sequence[Model], moods: Sequence[float]) -> list[Model]:
    """The models; those that draw their colours with noise once for each mood, in place of their card's own.

    Raises:
        SettingError: none of them has a mood, or one out of 0 to 1.
    """
    if any(not 0 <= mood <= 1 for mood in moods):
        raise SettingError(f"mood {max(moods, key=abs):g}: must be 0 (the mean) to 1 (the full draw)")
    if moods and all(model.mood is None for model in models):
        raise SettingError("mood: none of these models has one; leave out --mood")
    found = []
    for model in models:
        if model.mood is None or not moods:
            found.append(model)
        else:
            found += [dataclasses.replace(model, name=f"{model.name}, mood {mood:g}", mood=mood) for mood in moods]
    return found


def takes_hints(model: Model) -> bool:
    """Whether a model takes colour hints."""
    return "hints" in open_colorizer(model.model, model.device).card.abilities


def with_hints(models: Sequence[Model], counts: Sequence[int]) -> list[Model]:
    """The models, and behind each that takes hints the same told the true colour of 1, 5, ... places.

    Raises:
        SettingError: none of them takes hints, or a count is below 1.
    """
    if any(count < 1 for count in counts):
        raise SettingError(f"hints {min(counts)}: give counts of 1 or more, as 1,5,10,50")
    able = [model for model in models if takes_hints(model)]
    if counts and not able:
        raise SettingError("hints: none of these models takes any; leave out --hints")
    found = []
    for model in models:
        found.append(model)
        for count in counts if model in able else ():
            name = f"{model.name}, {count} hint{'s' if count > 1 else ''}"
            found.append(dataclasses.replace(model, name=name, hints=count, sample_count=0, kind="hinted"))
    return found


def on_plates(models: Sequence[Model], plates: Sequence[str]) -> list[Model]:
    """The models, and behind each the same before what old plates kept of the photographs.

    Raises:
        SettingError: no such plate, or no model to show it to.
    """
    for plate in plates:
        plate_weights(plate)
    if plates and not models:
        raise SettingError("plate: a folder of predictions cannot be shown another picture; name a model")
    found = []
    for model in models:
        found.append(model)
        for plate in () if model.hints else plates:
            name = f"{model.name}, {plate} plate"
            found.append(dataclasses.replace(model, name=name, plate=plate, sample_count=0, kind="plate"))
    return found


def _exported(run: Path, checkpoint: Path, work: Path) -> Path:
    """Export a training run, once for each state of its checkpoint."""
    folder = work / "exported" / f"{run.stem}-{file_sha256(checkpoint)[:12]}"
    if not (folder / "card.json").exists():
        from colorizing_things.lab.export import export

        export(run, folder)
    return folder


def with_unique_names(candidates: list[Candidate]) -> list[Candidate]:
    """Number candidates of the same name: ``default``, ``default (2)``; order kept."""
    seen: dict[str, int] = {}
    unique: list[Candidate] = []
    for candidate in candidates:
        seen[candidate.name] = seen.get(candidate.name, 0) + 1
        number = seen[candidate.name]
        if number > 1:
            candidate = dataclasses.replace(candidate, name=f"{candidate.name} ({number})")  # type: ignore[type-var]
        unique.append(candidate)
    return unique
