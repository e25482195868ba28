"""Wilful hints on outlined objects: given through the product's own session, and what they change."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.progress import track

from colorizing_things.color.gamut import max_chroma_at
from colorizing_things.errors import SettingError
from colorizing_things.guidance.hints import Hint
from colorizing_things.lab.metrics.base import Array, Record, Rows, to_lab
from colorizing_things.lab.metrics.protocol import PROTOCOL
from colorizing_things.lab.metrics.wilful_hints import COUNTS, FIGURES, SIZE, Mask, containment, coverage

from .benchmark import key_of
from .candidates import Model, open_session, takes_hints
from .journal import Journal
from .outlines import OutlinedPicture, read_outlines
from .pictures import UInt8, file_sha256, gray_of, to_tensor
from .results import describe_figure
from .statistics import estimate_means

CHROMAS = (15.0, 80.0)  # of the colours asked for, CIELAB units: from muted to what few cloths reach
DRAWS = 400  # colours tried at an object's places before it is left out


class RequestedColor(NamedTuple):
    """What is asked of one object: places ``[3,2]`` (row, column), and the one ab colour ``[2]`` of all of them."""

    places: npt.NDArray[np.intp]
    ab: Array


def draw_request(shown: Array, inside: Mask, rng: np.random.Generator) -> RequestedColor | None:
    """Places in an object and a colour that is nothing like what is shown there, and that exists at their lightness.

    Args:
        shown: Lab of the colouring without hints, ``[3,H,W]``.
        inside: where places may lie, ``[H,W]``.
        rng: decides.

    Returns:
        None where no such colour was found: at white and black places there is none.
    """
    where = np.argwhere(inside)
    for _ in range(DRAWS):
        places = where[rng.integers(len(where), size=max(COUNTS))]
        angle, chroma = rng.uniform(-np.pi, np.pi), rng.uniform(*CHROMAS)
        ab = chroma * np.array([np.cos(angle), np.sin(angle)])
        L, *there = shown[:, places[:, 0], places[:, 1]]
        far = np.linalg.norm(ab[:, None] - np.stack(there), axis=0).min() >= PROTOCOL.wilful_distance
        if far and max_chroma_at(L, np.full(len(L), angle)).min() >= chroma:
            return RequestedColor(places, ab)
    return None


def score_picture(model: Model, picture: OutlinedPicture, seed: int) -> Record:
    """Sums over a picture's objects: containment and coverage with one and with three hints, and how many objects."""
    rgb = picture.pixels()
    colorizer, session = open_session(model, gray_of(rgb))
    shown = _lab(colorizer.pixels(session.picture, chroma=session.predict()))
    rng = np.random.default_rng([seed, *bytes.fromhex(picture.sha256[:16])])
    sums = np.zeros(SIZE)
    for inside, counted in picture.objects(*rgb.shape[:2]):
        request = draw_request(shown, inside & counted, rng)
        if request is None:
            continue
        scores = []
        for count in COUNTS:
            places = request.places[:count]
            hints = [Hint(float(x), float(y), (float(request.ab[0]), float(request.ab[1]))) for y, x in places]
            change = _lab(colorizer.pixels(session.picture, chroma=session.predict(hints)))[1:] - shown[1:]
            asked = request.ab - shown[1:, places[:, 0], places[:, 1]].mean(1)
            scores += [containment(change, inside, counted), coverage(change, inside, counted, asked)]
        sums += [*scores, 1]
    return {"wilful_sums": sums}


def _lab(rgb: UInt8) -> Array:
    lab: Array = to_lab(to_tensor(rgb)).double().numpy()
    return lab


def score_outlines(
    models: Sequence[Model], instances: Path, images: Path, journal: Journal, seed: int, console: Console
) -> dict[str, Any]:
    """Containment and coverage of every model that takes hints, with intervals over pictures, as JSON takes it.

    Args:
        models: those that take none are left out.
        instances: path of a COCO-like file of outlines.
        images: path of the folder of its pictures.
        journal: keeps what was scored; what it holds is not scored again.
        seed: of places and colours, and of the resamples.
        console: for progress.

    Raises:
        PictureError: no pictures with outlines.
        SettingError: no model takes hints, or no object is of a fitting size.
    """
    able = [model for model in models if takes_hints(model)]
    if not able:
        raise SettingError("outlines: none of these models takes hints; leave out --outlines")
    pictures, checksum = read_outlines(instances, images), file_sha256(instances)
    described = []
    for model in able:
        records = []
        for picture in track(pictures, f"wilful hints, {model.name}", console=console):
            key = _key(model, picture, checksum, seed)
            if key not in journal:
                journal.append(key, score_picture(model, picture, seed))
            records.append(journal.read(key))
        table = {"wilful_sums": np.stack([record["wilful_sums"] for record in records])}
        objects = int(table["wilful_sums"][:, -1].sum())
        if not objects:
            raise SettingError(f"{instances}: outlines no object of 4 to 30% of its picture")
        described.append({"name": model.name, "objects": objects, "figures": _figures(table, seed)})
    figures = [describe_figure(figure) for figure in FIGURES]
    about = {"set": instances.name, "sha256": checksum, "pictures": len(pictures)}
    return {**about, "figures": figures, "candidates": described}


def _key(model: Model, picture: OutlinedPicture, checksum: str, seed: int) -> str:
    return key_of(f"{model.checksum}:{model.size}:{model.mood}:wilful:{seed}:{checksum}", picture.sha256)


def _figures(table: dict[str, Array], seed: int) -> dict[str, Any]:
    rows = Rows(table, table, table)
    terms = [(figure, figure.table_of_terms(rows)) for figure in FIGURES]
    estimates = estimate_means([(figure, found) for figure, found in terms if found is not None], seed)
    return {key: {"value": e.value, "low": e.low, "high": e.high} for key, e in estimates.items()}
