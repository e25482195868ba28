"""From models and photographs to a report: the steps in order."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from colorizing_things.errors import SettingError
from colorizing_things.system import faults
from colorizing_things.system.processes import cores

from . import results as results_of
from .benchmark import run
from .candidates import (
    Candidate,
    GrayFloor,
    Model,
    RealPhotographs,
    at_moods,
    on_plates,
    open_model,
    open_predictions,
    with_hints,
    with_unique_names,
)
from .cards import chroma_of_cards
from .cost import measure_cost
from .journal import Journal
from .pictures import Picture, choose
from .report import render
from .sheets import save_pictures
from .tables import markdown
from .wilful import score_outlines


@dataclass(frozen=True)
class Request:
    """What to score on what. Workers and device change no figure; all else may.

    Attributes:
        data: folder of the photographs.
        out: folder of the report.
        models, predictions: the candidates, beside the grey floor and the real photographs, which are always there.
        limit: score only so many photographs, chosen by the seed.
        size: shorter side at which the networks see a picture; each card's default if None.
        workers: processes; None takes all cores.
        seed: of the choice of pictures, the intervals, the samples and the hints.
        samples: colourings to draw of each picture where a model can.
        hints: for each count a model that takes hints is scored again, told the true colour of so many places.
        plates: for each emulsion every model is scored again before what that kept of the photographs.
        moods: a model that draws its colours with noise is scored at each of these; its card's if there are none.
        outlines, images: a COCO-like file of objects and the folder of its pictures, to try wilful hints on.
        device: where the networks run.
        name: of the set, for people; the folder's by default.
    """

    data: Path
    out: Path
    models: Sequence[str] = ()
    predictions: Sequence[Path] = ()
    limit: int | None = None
    size: int | None = None
    workers: int | None = None
    seed: int = 0
    samples: int = 0
    hints: Sequence[int] = ()
    plates: Sequence[str] = ()
    moods: Sequence[float] = ()
    outlines: Path | None = None
    images: Path | None = None
    device: str = "auto"
    name: str | None = None


def evaluate(request: Request, console: Console) -> dict[str, Any]:
    """Score, summarise, and write ``results.json``, ``results.md`` and ``index.html``; return the results."""
    workers = cores() if request.workers is None else request.workers
    if workers < 1:
        raise SettingError(f"workers {workers}: give 1 or more")
    if (request.outlines is None) != (request.images is None):
        raise SettingError("outlines: give both --outlines, a COCO-like file, and --images, its pictures")
    pictures = choose(request.data, request.limit, request.seed)
    candidates = _candidates(request, pictures)
    request.out.mkdir(parents=True, exist_ok=True)
    with Journal(request.out / "records.jsonl") as journal:
        run(candidates, pictures, journal, workers, console)
        costs = _costs(candidates, pictures, request.out / "costs.json")
        name = request.name or request.data.resolve().name
        with console.status("drawing the figures"):
            results = results_of.summarize(candidates, pictures, journal, request.seed, costs, name)
        if request.outlines and request.images:
            models = [c for c in candidates if isinstance(c, Model) and c.kind == "model"]
            results["outlines"] = score_outlines(
                models, request.outlines, request.images, journal, request.seed, console
            )
    folder = request.out / "pictures"
    save_pictures(results, candidates, pictures, folder, request.seed, console)
    results_of.write_json(results, request.out / "results.json")
    results = json.loads((request.out / "results.json").read_text(encoding="utf-8"))
    faults.save_text(request.out / "results.md", markdown(results))
    faults.save_text(request.out / "index.html", render(results, folder))
    return dict(results)


def _candidates(request: Request, pictures: list[Picture]) -> list[Candidate]:
    models = [
        open_model(model, request.out, request.size, request.device, request.samples, request.seed)
        for model in request.models
    ]
    folders = [open_predictions(folder, pictures) for folder in request.predictions]
    scored = on_plates(with_hints(at_moods(models, request.moods), request.hints), request.plates)
    return with_unique_names([GrayFloor(), *scored, *folders, RealPhotographs()])


def _costs(candidates: Sequence[Candidate], pictures: Sequence[Picture], path: Path) -> dict[str, dict[str, Any]]:
    """What is measured once for each model, size and device: seconds, memory, flat grey cards; by name."""
    known: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    costs = {}
    for candidate in candidates:
        if not isinstance(candidate, Model) or candidate.hints or candidate.plate:
            continue
        key = f"{candidate.checksum}:{candidate.size}:{candidate.device}:{candidate.mood}"
        if key not in known:
            paths = [picture.path for picture in pictures]
            cost = measure_cost(candidate.model, candidate.device, candidate.size, paths)
            known[key] = {**cost, "flat_cards": chroma_of_cards(candidate)}
            faults.save_text(path, json.dumps(known, indent=1) + "\n")
        costs[candidate.name] = known[key]
    return costs
