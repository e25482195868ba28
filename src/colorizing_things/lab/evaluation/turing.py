"""A Turing test: one page that shows a person real and coloured pictures and counts what passes for real.

After Zhang, Isola and Efros 2016, section 3.1: pairs of a photograph and its recoloured version, side by side
and each shown for one second, in random order; 10 pairs to practise on, with the answer told, then 40 that
count. Colours that nobody can tell from real ones fool 50%.
"""

from __future__ import annotations

import json
from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

from colorizing_things.errors import SettingError
from colorizing_things.system import faults

from .sheets import data_url

PRACTICE, TEST = 10, 40
SECONDS_SHOWN = 1.0
FEWEST = 5


def write_turing(report: Path, out: Path, candidate: str | None = None) -> int:
    """Write the page from a finished report; return the number of pairs.

    Args:
        report: folder that ``colorize evaluate`` wrote.
        out: the page.
        candidate: whose pictures are shown; the first colorizer of the report if None.

    Raises:
        SettingError: no report there, no such candidate in it, or too few pictures.
    """
    path = report / "results.json"
    if not path.exists():
        raise SettingError(f"{report}: holds no results.json; make it with colorize evaluate --out {report}")
    results = json.loads(path.read_text(encoding="utf-8"))
    chosen = _choose(results, candidate)
    real = next(c["name"] for c in results["candidates"] if c["kind"] == "ceiling")
    names = results["shown"]["turing"]
    if len(names) < FEWEST:
        raise SettingError(f"{report}: shows {len(names)} pictures; a test needs {FEWEST}: evaluate more")
    shown, folder = results["shown"]["files"], report / "pictures"
    pairs = [
        {
            "name": name,
            "real": data_url(folder / shown[real][name]),
            "coloured": data_url(folder / shown[chosen][name]),
        }
        for name in names[: PRACTICE + TEST]
    ]
    faults.save_text(out, page(chosen, results["set"], pairs))
    return len(pairs)


def page(candidate: str, described_set: dict[str, Any], pairs: list[dict[str, str]]) -> str:
    """The page; ``pairs`` hold a name and two ``data:`` URLs each."""
    practice = min(PRACTICE, len(pairs) // 5)
    data = {
        "candidate": candidate,
        "set": {"name": described_set["name"], "sha256": described_set["sha256"]},
        "practice": practice,
        "seconds": SECONDS_SHOWN,
        "pairs": pairs,
    }
    template = Template((files(__package__) / "turing.html").read_text(encoding="utf-8"))
    return template.substitute(
        practice=practice,
        test=len(pairs) - practice,
        candidate=escape(candidate),
        data=json.dumps(data, ensure_ascii=False).replace("<", "\\u003c"),
    )


def _choose(results: dict[str, Any], candidate: str | None) -> str:
    names = [c["name"] for c in results["candidates"] if c["kind"] not in ("floor", "ceiling")]
    if candidate is None and names:
        return str(names[0])
    if candidate not in names:
        raise SettingError(
            f"{candidate or 'no colorizer'}: choose one of the report's: {', '.join(names) or 'it has none'}"
        )
    return str(candidate)
