"""The pictures that the report and the Turing test show, shrunk and kept beside the results."""

from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from rich.console import Console
from rich.progress import track

from colorizing_things.system import faults

from .candidates import Candidate
from .pictures import Picture, UInt8, read_rgb

SIDE = 256  # shorter side; Zhang et al. 2016 showed 256 x 256
QUALITY = 88  # WebP; the real photographs are saved alike, so that compression betrays nobody
SHEET = 24
TURING = 50  # 10 to practise, 40 that count


def shown_pictures(pictures: Sequence[Picture], seed: int, count: int = TURING) -> list[Picture]:
    """Pictures drawn by the seed, in the order drawn; the first 24 make the contact sheet."""
    order = np.random.default_rng([seed, 1]).permutation(len(pictures))[:count]
    return [pictures[int(i)] for i in order]


def save_pictures(
    results: dict[str, Any],
    candidates: Sequence[Candidate],
    pictures: Sequence[Picture],
    folder: Path,
    seed: int,
    console: Console,
) -> None:
    """Colour and save every picture that the pages show, and note in the results where they are.

    Pictures that are there already are kept: their names hold what decides their colours.
    """
    shown = shown_pictures(pictures, seed)
    by_name = {picture.name: picture for picture in pictures}
    examples = {
        entry["picture"]
        for described in results["candidates"]
        for kinds in described["examples"].values()
        for entries in kinds.values()
        for entry in entries
    }
    wanted = list({p.name: p for p in [*shown, *(by_name[name] for name in sorted(examples))]}.values())
    folder.mkdir(parents=True, exist_ok=True)
    files: dict[str, dict[str, str]] = {}
    for candidate in candidates:
        names = {}
        for picture in track(wanted, description=f"pictures of {candidate.name}", console=console, transient=True):
            names[picture.name] = _save(candidate, picture, folder)
        files[candidate.name] = names
    results["shown"] = {
        "sheet": [picture.name for picture in shown[:SHEET]],
        "turing": [picture.name for picture in shown],
        "files": files,
    }


def _save(candidate: Candidate, picture: Picture, folder: Path) -> str:
    key = f"{candidate.fingerprint(picture)}|{picture.sha256}"
    path = folder / f"{hashlib.sha256(key.encode()).hexdigest()[:20]}.webp"
    if not path.exists():
        rgb = candidate.likeliest().colorize(picture, read_rgb(picture.path)).rgb
        temporary = path.with_suffix(".part")
        with faults.writing(path):
            shrunk(rgb).save(temporary, "WEBP", quality=QUALITY)
        temporary.replace(path)
    return path.name


def shrunk(rgb: UInt8, side: int = SIDE) -> Image.Image:
    """A picture with a shorter side of at most ``side`` pixels."""
    image = Image.fromarray(rgb)
    scale = side / min(image.size)
    if scale < 1:
        image = image.resize((round(image.width * scale), round(image.height * scale)), Image.Resampling.LANCZOS)
    return image


def data_url(path: Path) -> str:
    """A WebP file as a ``data:`` URL."""
    return _data_url(path.read_bytes())


def as_data_url(image: Image.Image) -> str:
    """A picture as WebP in a ``data:`` URL."""
    file = io.BytesIO()
    image.save(file, "WEBP", quality=QUALITY)
    return _data_url(file.getvalue())


def _data_url(webp: bytes) -> str:
    return "data:image/webp;base64," + base64.b64encode(webp).decode()
