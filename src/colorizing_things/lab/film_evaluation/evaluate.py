"""``colorize evaluate --film``: how steady, and how right, a network's films are, beside its own frame by frame."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from rich.console import Console

from colorizing_things.color.spaces import srgb_to_lab
from colorizing_things.errors import SettingError
from colorizing_things.film.coloring import FilmModel, FilmOptions, color_frames
from colorizing_things.film.need import is_film
from colorizing_things.film.planes import differences, enlarged, rgb_of
from colorizing_things.film.reading import Film, open_film
from colorizing_things.lab.metrics.colorfulness import colorfulness
from colorizing_things.lab.metrics.distances import FeatureDistances
from colorizing_things.model.model import Model
from colorizing_things.system import faults
from colorizing_things.types import Float32

from .measures import STEPS, distribution_consistency, estimated_motion, frame_distance, histograms, warping_error
from .scenes import SCRIPTS, Rgb, Scene, scenes

WIDTH, HEIGHT = 384, 288
WAYS = ("film", "frame by frame", "true")
LOOKED_AT = 6  # frames: every so many goes into the kernel distance
SHEET = 10  # and onto the sheet
LUMA = np.array([0.2126, 0.7152, 0.0722])
Gray = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class TestedFilm:
    """A film in colour, frame by frame with its motion, and the grey file that is coloured."""

    name: str
    scenes: list[Scene]
    gray: Path


def evaluate(models: list[str], data: Path | None, out: Path, limit: int | None, device: str, console: Console) -> str:
    """Score models on films; write ``results.json``, ``results.md`` and a sheet a film; return the table.

    Args:
        models: bundled names, folders or ONNX files.
        data: folder of films in colour; None: those of :data:`.scenes.SCRIPTS`, whose motion is known.
        out: folder of the report.
        limit: so many frames of each film.
        device: where the networks run.

    Raises:
        SettingError: no models, or no films.
    """
    if not models:
        raise SettingError("name at least one model, as colorize evaluate default --film -o reports/film")
    out.mkdir(parents=True, exist_ok=True)
    results: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        for reel in _reels(data, limit, Path(folder)):
            for name in models:
                console.print(f"{name}: {reel.name}", highlight=False)
                results.setdefault(name, {})[reel.name] = _score(Model(name, device), reel, out, name)
    faults.save_text(out / "results.json", json.dumps(results, indent=1) + "\n")
    table = _table(results)
    faults.save_text(out / "results.md", table)
    return table


def _reels(data: Path | None, limit: int | None, folder: Path) -> Iterator[TestedFilm]:
    if data is None:
        for name, script in SCRIPTS.items():
            made = list(scenes(replace(script, frames=min(limit or script.frames, script.frames)), WIDTH, HEIGHT))
            yield TestedFilm(name, made, _gray_film(made, folder / "gray.mkv", Fraction(script.rate)))
        return
    if not data.is_dir():
        raise SettingError(f"{data}: no such folder")
    films = sorted(path for path in data.iterdir() if is_film(path))
    if not films:
        raise SettingError(f"{data}: holds no films")
    for path in films:
        film = open_film(path)
        made = _read(film, limit)
        yield TestedFilm(path.name, made, _gray_film(made, folder / "gray.mkv", film.rate))


def _read(film: Film, limit: int | None) -> list[Scene]:
    """A film in colour at our size, with estimated motion."""
    found: list[Scene] = []
    gray: Gray | None = None
    scale = HEIGHT / film.height
    size = (round(film.width * scale / 2) * 2, HEIGHT)
    with film.opened() as container:
        for frame in container.decode(video=0):
            rgb = cv2.resize(frame.to_ndarray(format="rgb24"), size, interpolation=cv2.INTER_AREA).astype(np.uint8)
            before, gray = gray, luma_codes(rgb)
            flow, seen = np.zeros((*gray.shape, 2), np.float32), np.zeros(gray.shape, bool)
            if before is not None:
                flow, seen = estimated_motion(gray, before)
            found.append(Scene(rgb, flow, seen))
            if len(found) == limit:
                break
    return found


def luma_codes(rgb: Rgb) -> Gray:
    """BT.709 luma, full range, as codes."""
    codes: npt.NDArray[np.uint8] = np.rint(rgb @ LUMA).astype(np.uint8)
    return codes


def _gray_film(made: list[Scene], path: Path, rate: Fraction) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("ffv1", rate=rate)
        stream.height, stream.width = made[0].rgb.shape[:2]
        stream.pix_fmt = "gray"
        for scene in made:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(luma_codes(scene.rgb), format="gray")))
        container.mux(stream.encode(None))
    return path


def _score(model: Model, reel: TestedFilm, out: Path, name: str) -> dict[str, dict[str, float]]:
    film = open_film(reel.gray)
    ways: dict[str, list[Rgb]] = {
        "film": [np.asarray(frame.rgb, np.uint8) for frame in color_frames(model, film, FilmOptions())],
        "frame by frame": list(_frame_by_frame(model, film)),
        "true": [scene.rgb for scene in reel.scenes],
    }
    _save_sheet(ways, out / f"{Path(name).stem} {Path(reel.name).stem}.jpg")
    fields = {way: [_ab(rgb) for rgb in frames] for way, frames in ways.items()}
    found = {way: _figures(fields[way], ways[way], fields["true"], ways["true"], reel) for way in WAYS}
    true, plain = found["true"]["warping error"], found["frame by frame"]["warping error"]
    for figures in found.values():
        figures["excess"] = max(0.0, figures["warping error"] - true)
        figures["chroma ratio"] = figures["chroma"] / found["frame by frame"]["chroma"]
    found["film"]["excess ratio"] = found["film"]["excess"] / (plain - true) if plain > true else float("nan")
    return found


def _frame_by_frame(model: Model, film: Film) -> Iterator[Rgb]:
    """Every frame by itself, as a photograph."""
    film_model = FilmModel(model, film, FilmOptions())
    for frame in film.frames():
        value = film.scale.values(frame.luma)
        ab = film_model(frame, film_model.small(frame), None).ab
        yield np.asarray(rgb_of(value, *differences(value, enlarged(ab, *value.shape[::-1]))), np.uint8)


def _ab(rgb: Rgb) -> Float32:
    return srgb_to_lab(rgb / np.float32(255))[..., 1:].astype(np.float32)


def _figures(
    fields: list[Float32], frames: list[Rgb], true_fields: list[Float32], true: list[Rgb], reel: TestedFilm
) -> dict[str, float]:
    pairs = list(zip(fields[1:], fields, reel.scenes[1:], strict=False))
    warping = [warping_error(ab, before, scene.flow, scene.seen) for ab, before, scene in pairs]
    shares = [histograms(rgb) for rgb in frames]
    consistency = {f"DC{step}": distribution_consistency(shares, step) for step in STEPS}
    distances = FeatureDistances()
    distances.update(*(_tensor(part[::LOOKED_AT]) for part in (frames, true)))
    own, real = (torch.cat(features).numpy() for features in (distances.own, distances.real))
    away = [np.hypot(*np.moveaxis(ab - real, 2, 0)).mean() for ab, real in zip(fields, true_fields, strict=True)]
    return {
        "warping error": float(np.nanmean(warping)),
        **consistency,
        "CDC": float(np.mean(list(consistency.values()))),
        "chroma": float(np.mean([np.hypot(ab[..., 0], ab[..., 1]).mean() for ab in fields])),
        "colourfulness": float(colorfulness(_tensor(frames[::LOOKED_AT])).mean()),
        "ab error": float(np.mean(away)),
        "kernel distance": float(distances.compute()["kernel_distance"]),
        "of each frame": frame_distance(own, real),
    }


def _tensor(frames: list[Rgb]) -> torch.Tensor:
    return torch.from_numpy(np.stack(frames)).permute(0, 3, 1, 2)


def _save_sheet(ways: dict[str, list[Rgb]], path: Path) -> None:
    """Every tenth frame: grey, our film, frame by frame, true."""
    gray = [np.repeat(luma_codes(rgb)[..., None], 3, axis=2) for rgb in ways["true"]]
    rows = [np.concatenate(frames[::SHEET], axis=1) for frames in (gray, *(ways[way] for way in WAYS))]
    Image.fromarray(np.concatenate(rows)).save(path, quality=88)


COLUMNS = ("warping error", "excess", "CDC", "chroma ratio", "colourfulness", "ab error", "kernel distance",
           "of each frame")  # fmt: skip
FORMATS = {"CDC": "{:.5f}", "chroma ratio": "{:.3f}", "warping error": "{:.3f}", "excess": "{:.3f}"}


def _table(results: dict[str, Any]) -> str:
    lines = [f"| model | film | way | {' | '.join(COLUMNS)} |", "|" + " --- |" * (3 + len(COLUMNS))]
    for model, reels in results.items():
        for reel, ways in [*reels.items(), ("mean", _means(reels))]:
            for way, figures in ways.items():
                cells = [FORMATS.get(column, "{:.2f}").format(figures[column]) for column in COLUMNS]
                lines.append(f"| {model} | {reel} | {way} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _means(reels: dict[str, Any]) -> dict[str, dict[str, float]]:
    return {
        way: {column: float(np.mean([figures[way][column] for figures in reels.values()])) for column in COLUMNS}
        for way in WAYS
    }
