"""Blind pairs: two colourings of the same photographs side by side, sides drawn, the key kept apart, answers counted.

What is written for the judge (a page, and sheets as PNG) holds pictures and numbers, and nothing that tells whose is
whose. The key lies beside that folder, not in it; :func:`count` brings both together.
"""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path
from statistics import NormalDist
from string import Template
from typing import Any, Literal

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from colorizing_things.errors import PictureError, SettingError
from colorizing_things.lab.metrics.protocol import PROTOCOL
from colorizing_things.system import faults

from .pictures import drawn_names, file_sha256, list_pictures, read_rgb
from .sheets import as_data_url, shrunk

Side = Literal["left", "right"]
SIDE = 512  # px, most of a shown picture's shorter side
GAP, LABEL = 16, 28  # px between pictures, and of the line above them
PAPER, INK = (128, 128, 128), (255, 255, 255)  # a neutral ground: a white one makes colours look dull
SHOWN = ("left", "right", "real")
ANSWERS = ("left", "right", "none")


@dataclass(frozen=True)
class BlindPair:
    """One pair: its number for the judge, the photograph's name, and on which side the first folder's colouring is."""

    number: int
    picture: str
    first: Side


@dataclass(frozen=True)
class Key:
    """Whose is whose: kept apart from what the judge sees.

    Attributes:
        first, second: names of the two folders.
        seed: of the choice of photographs, their order and the sides.
        checksum: of all that was shown, so that answers to other pairs are refused.
        pairs: in the order shown.
    """

    first: str
    second: str
    seed: int
    checksum: str
    pairs: tuple[BlindPair, ...]

    def save(self, path: Path) -> None:
        """Write it as JSON."""
        faults.save_text(path, json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n")


def load_key(path: Path) -> Key:
    """Read a key.

    Raises:
        SettingError: not there, or no key.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        pairs = tuple(BlindPair(**pair) for pair in content.pop("pairs"))
        return Key(**content, pairs=pairs)
    except OSError as error:
        raise SettingError(f"{path}: no key there; colorize turing A B -o PAIRS writes PAIRS.key.json") from error
    except (ValueError, KeyError, TypeError) as error:
        raise SettingError(f"{path}: not a key of blind pairs ({error!r})") from error


def key_beside(folder: Path) -> Path:
    """Where the key of a folder of pairs lies: beside it."""
    return folder.with_name(f"{folder.name}.key.json")


def draw_pairs(names: list[str], seed: int) -> tuple[BlindPair, ...]:
    """Order and sides: each folder is on the left in half of the pairs (or one more), at places drawn by the seed."""
    rng = np.random.default_rng([seed, 2])
    order = [names[int(i)] for i in rng.permutation(len(names))]
    left = rng.permutation(np.arange(len(names)) % 2 == int(rng.integers(2)))
    return tuple(
        BlindPair(number, name, "left" if first else "right")
        for number, (name, first) in enumerate(zip(order, left, strict=True), 1)
    )


def write_pairs(
    first: Path,
    second: Path,
    out: Path,
    key: Path,
    real: Path | None = None,
    seed: int = 0,
    limit: int | None = None,
    rows: int = 1,
) -> Key:
    """Write a page and sheets for a judge into ``out``, and the key elsewhere.

    Args:
        first, second: folders of colourings, paired by name (``.color`` before the suffix is ignored).
        out: new folder: ``index.html`` and ``sheets/001.png``, ...
        key: file; must lie outside of ``out``.
        real: folder of the real photographs, shown above each pair; None: the judge sees the two alone.
        seed: of the choice, the order and the sides.
        limit: so many pairs, chosen by the seed as ``colorize evaluate --limit`` chooses, among ``real`` if given.
        rows: pairs a sheet.

    Raises:
        PictureError: a photograph that one of the folders lacks, or no photograph.
        SettingError: a key within ``out``, or numbers that cannot be.
    """
    if key.resolve().is_relative_to(out.resolve()):
        raise SettingError(f"{key}: the key must lie outside of {out}, or it is no secret")
    if rows < 1:
        raise SettingError(f"rows {rows}: give 1 or more")
    folders = {folder: _colorings(folder) for folder in (first, second, *([real] if real else []))}
    among = folders[real] if real else {name: path for name, path in folders[first].items() if name in folders[second]}
    names = drawn_names(sorted(among), limit, seed)
    if not names:
        raise PictureError(f"{first} and {second}: no picture has the same name in both")
    for folder, found in folders.items():
        missing = [name for name in names if name not in found]
        if missing:
            raise PictureError(f"{folder}: has no picture {missing[0]} ({len(missing)} of {len(names)} are missing)")
    checksum = _checksum([found[name] for found in folders.values() for name in names])
    made = Key(*_titles(first.resolve(), second.resolve()), seed, checksum, draw_pairs(names, seed))
    _write(made, list(folders.values()), out, rows)
    key.parent.mkdir(parents=True, exist_ok=True)
    made.save(key)
    return made


def _colorings(folder: Path) -> dict[str, Path]:
    return {name.removesuffix(".color"): path for name, path in list_pictures(folder).items()}


def _titles(first: Path, second: Path) -> tuple[str, str]:
    """The folders' names; with their parents' where both have the same one."""
    if first.name != second.name:
        return first.name, second.name
    return f"{first.parent.name}/{first.name}", f"{second.parent.name}/{second.name}"


def _checksum(paths: list[Path]) -> str:
    return hashlib.sha256("".join(map(file_sha256, paths)).encode()).hexdigest()


def _write(key: Key, folders: list[dict[str, Path]], out: Path, rows: int) -> None:
    """The page and the sheets; a pair's pictures are in memory at a time."""
    sheets = out / "sheets"
    sheets.mkdir(parents=True, exist_ok=True)
    for old in sheets.glob("*.png"):
        old.unlink()
    shown, strips = [], []
    for pair in key.pairs:
        images = _images(pair, folders)
        urls = zip(SHOWN, map(as_data_url, images), strict=False)
        shown.append({"number": pair.number, **dict(urls)})
        strips.append(strip(pair.number, images))
        if len(strips) == rows or pair is key.pairs[-1]:
            stacked(strips).save(sheets / f"{math.ceil(pair.number / rows):03d}.png")
            strips = []
    faults.save_text(out / "index.html", page(key.checksum, shown))


def _images(pair: BlindPair, folders: list[dict[str, Path]]) -> list[Image.Image]:
    """Left, right, and the real photograph where there is one, all of the left one's size."""
    first, second, *real = (shrunk(read_rgb(found[pair.picture]), SIDE) for found in folders)
    images = [first, second, *real] if pair.first == "left" else [second, first, *real]
    return [image.resize(images[0].size, Image.Resampling.LANCZOS) for image in images]


def strip(number: int, images: list[Image.Image]) -> Image.Image:
    """One pair for a judge: its number and the sides' names above the pictures, on neutral grey."""
    width, height = images[0].size
    out = Image.new("RGB", (len(images) * (width + GAP) + GAP, height + LABEL + GAP), PAPER)
    draw, font = ImageDraw.Draw(out), ImageFont.load_default(18)
    for n, (image, name) in enumerate(zip(images, SHOWN, strict=False)):
        x = GAP + n * (width + GAP)
        draw.text((x, 4), f"{number} {name}", INK, font)
        out.paste(image, (x, LABEL))
    return out


def stacked(strips: list[Image.Image]) -> Image.Image:
    """Strips below each other."""
    out = Image.new("RGB", (max(s.width for s in strips), sum(s.height for s in strips)), PAPER)
    y = 0
    for part in strips:
        out.paste(part, (0, y))
        y += part.height
    return out


def page(checksum: str, shown: list[dict[str, Any]]) -> str:
    """The judge's page: pictures as ``data:`` URLs, no name and no side.

    Args:
        checksum: goes into the answers.
        shown: pair by pair its number, and ``left``, ``right`` and perhaps ``real``.
    """
    data = {"pairs": checksum, "shown": shown}
    template = Template((files(__package__) / "preference.html").read_text(encoding="utf-8"))
    return template.substitute(count=len(shown), data=json.dumps(data).replace("<", "\\u003c"))


@dataclass(frozen=True)
class Count:
    """Whose colouring was preferred how often, over one or several judgings."""

    first: int = 0
    second: int = 0
    neither: int = 0

    def __add__(self, other: Count) -> Count:
        """Both judgings together."""
        return Count(self.first + other.first, self.second + other.second, self.neither + other.neither)

    @property
    def interval(self) -> tuple[float, float]:
        """Of the share of decided pairs that preferred the first."""
        return wilson(self.first, self.first + self.second)


def count(key: Key, answers: Path) -> Count:
    """Count a judge's answers: JSON ``{"answers": {"1": "left", "2": "right", "3": "none"}}``; not all need be there.

    Raises:
        SettingError: no such file, an answer to another pair, or none of the three words.
    """
    content = _read_answers(answers)
    if content.get("pairs", key.checksum) != key.checksum:
        raise SettingError(f"{answers}: answers to other pairs than the key's")
    sides = {str(pair.number): pair.first for pair in key.pairs}
    total = Count()
    for number, answer in content["answers"].items():
        if number not in sides or answer not in ANSWERS:
            raise SettingError(f"{answers}: pair {number!r}: {answer!r}; number 1 to {len(sides)}, left, right or none")
        total += Count(neither=1) if answer == "none" else Count(*((1, 0) if answer == sides[number] else (0, 1)))
    return total


def _read_answers(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingError(f"{path}: cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise SettingError(f"{path}: not JSON: {error}") from error
    if not isinstance(content, dict) or not isinstance(content.get("answers"), dict):
        raise SettingError(f'{path}: write {{"answers": {{"1": "left", "2": "right", "3": "none"}}}}')
    return content


def wilson(hits: int, trials: int, level: float = PROTOCOL.interval) -> tuple[float, float]:
    """Wilson's interval of a binomial share (Wilson 1927): 0..1 twice; (0, 1) without trials.

    Examples:
        >>> [round(end, 3) for end in wilson(30, 60)]
        [0.377, 0.623]
    """
    if trials == 0:
        return 0.0, 1.0
    z = NormalDist().inv_cdf((1 + level) / 2)
    share, divisor = hits / trials, 1 + z * z / trials
    center = share + z * z / (2 * trials)
    reach = z * math.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    return max(0.0, (center - reach) / divisor), min(1.0, (center + reach) / divisor)


def report(key: Key, counted: Count) -> str:
    """One line: ``A preferred to B in 34 of 36 pairs: 94% (82% to 98%); 0 undecided``."""
    decided = counted.first + counted.second
    if decided == 0:
        return f"{key.first} and {key.second}: no pair was decided; {counted.neither} undecided"
    low, high = counted.interval
    return (
        f"{key.first} preferred to {key.second} in {counted.first} of {decided} pairs: {counted.first / decided:.0%} "
        f"({PROTOCOL.interval:.0%} interval {low:.0%} to {high:.0%}); {counted.neither} undecided"
    )
