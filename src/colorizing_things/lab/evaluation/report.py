"""``results.json`` and the saved pictures -> one self-contained page."""

from __future__ import annotations

import json
from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Any

from . import plots, tables
from .sheets import data_url


def render(results: dict[str, Any], pictures: Path) -> str:
    """The page.

    Args:
        results: as :func:`.results.summarize` makes them, with the places of the pictures.
        pictures: folder where :func:`.sheets.save_pictures` put them.
    """
    template = Template((files(__package__) / "report.html").read_text(encoding="utf-8"))
    return template.substitute(
        title=escape(f"Colorizers on {results['set']['name']}"),
        lead=escape(tables.describe(results)) + ".",
        legend=_legend(results["candidates"]),
        table=_table(results),
        missing=_missing(results) + _outlines(results),
        plots=_plots(results["candidates"]),
        names="".join(f"<option>{escape(c['name'])}</option>" for c in results["candidates"]),
        sheet=_sheet(results, pictures),
        examples=_examples(results, pictures),
        meanings="".join(_meaning(figure) for figure in results["figures"]),
        protocol=escape(json.dumps(results["protocol"], indent=1, ensure_ascii=False)),
        versions=escape(", ".join(f"{name} {number}" for name, number in results["versions"].items())),
        data=_script_data(results),
    )


def _script_data(results: dict[str, Any]) -> str:
    """What the page's script needs; no text in it can close the script element."""
    data = {"figures": tables.shown_figures(results), "comparisons": results["comparisons"]}
    return json.dumps(data, ensure_ascii=False).replace("<", "\\u003c")


def _legend(candidates: list[dict[str, Any]]) -> str:
    styles = plots.style_of(candidates)
    return "".join(f'<span><i class="{styles[c["name"]]}"></i>{escape(c["name"])}</span>' for c in candidates)


def _table(results: dict[str, Any]) -> str:
    shown, candidates = tables.shown_figures(results), results["candidates"]
    timed = [cost for cost in tables.COST if any(c["cost"] for c in candidates)]
    heads = [(f["title"], tables.ARROWS[f["direction"]], f["meaning"]) for f in shown]
    heads += [(title, "↓", "Measured once a model, on this machine.") for _, title, _ in timed]
    head = "".join(
        f'<th tabindex="0" title="{escape(meaning)}"><b>{escape(title)}</b><small> {arrow}</small></th>'
        for title, arrow, meaning in heads
    )
    best = {f["key"]: _best(f, candidates) for f in shown}
    styles, rows = plots.style_of(candidates), []
    for candidate in candidates:
        cells = [_cell(candidate["figures"][f["key"]], f["digits"], candidate["name"] in best[f["key"]]) for f in shown]
        cells += [_cell({"value": (candidate["cost"] or {}).get(key)}, digits, False) for key, _, digits in timed]
        text = escape(candidate["name"])
        name = f'<th scope="row" title="{text}"><i class="{styles[candidate["name"]]}"></i>{text}</th>'
        rows.append(f'<tr class="{candidate["kind"]}">{name}{"".join(cells)}</tr>')
    return f"<thead><tr><th></th>{head}</tr></thead><tbody>{''.join(rows)}</tbody>"


def _cell(estimate: dict[str, Any], digits: int, best: bool) -> str:
    value = estimate["value"]
    key = "" if value is None else f' data-value="{value}"'
    mark = ' class="best"' if best else ""
    around = tables.interval(estimate, digits)
    title = f' title="{escape(estimate["reason"])}"' if estimate.get("reason") else ""
    return f"<td{key}{mark}{title}>{tables.number(value, digits)}<small>{around}</small></td>"


def _best(figure: dict[str, Any], candidates: list[dict[str, Any]]) -> set[str]:
    """Names of the best among models and folders, if there are two or more of them."""
    rated = [c for c in candidates if c["kind"] not in ("floor", "ceiling", "hinted", "plate")]
    values = {c["name"]: c["figures"][figure["key"]]["value"] for c in rated}
    values = {name: value for name, value in values.items() if value is not None}
    if len(values) < 2 or figure["direction"] == "none":
        return set()
    real = next(c for c in candidates if c["kind"] == "ceiling")["figures"][figure["key"]]["value"]
    distance = {"higher": lambda v: -v, "lower": lambda v: v, "real": lambda v: abs(v - (real or 0))}
    least = min(distance[figure["direction"]](v) for v in values.values())
    return {name for name, value in values.items() if distance[figure["direction"]](value) == least}


def _missing(results: dict[str, Any]) -> str:
    missing = escape("; ".join(tables.missing_figures(results)))
    return f'<p class="note">Not measured here: {missing}.</p>' if missing else ""


def _outlines(results: dict[str, Any]) -> str:
    """Wilful hints as a table of their own, where outlines were given."""
    if "outlines" not in results:
        return ""
    outlines = results["outlines"]
    head = "".join(
        f'<th tabindex="0" title="{escape(f["meaning"])}"><b>{escape(f["title"])}</b></th>' for f in outlines["figures"]
    )
    rows = []
    for candidate in outlines["candidates"]:
        cells = "".join(_cell(candidate["figures"][f["key"]], f["digits"], False) for f in outlines["figures"])
        rows.append(f'<tr><th scope="row">{escape(candidate["name"])}</th>{cells}</tr>')
    note = f'<p class="note">Wilful hints, {escape(tables.describe_outlines(outlines))}.</p>'
    table = f"<table><thead><tr><th></th>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    return f'{note}<div class="card scroll">{table}</div>'


def _plots(candidates: list[dict[str, Any]]) -> str:
    charts = [
        ("Error against colour", plots.trade_off_chart(candidates)),
        ("Cumulative error", plots.auc_chart(candidates, "auc")),
        ("Cumulative error, rare colours weighted up", plots.auc_chart(candidates, "auc_rebalanced")),
    ]
    styles = plots.style_of(candidates)
    for candidate in candidates:
        style = styles[candidate["name"]]
        if candidate["kind"] not in ("floor", "ceiling"):
            charts.append((f"Colourfulness: {candidate['name']}", plots.colorfulness_chart(candidate, style)))
        if "calibration" in candidate["curves"]:
            charts.append((f"Calibration: {candidate['name']}", plots.calibration_chart(candidate, style)))
    return "".join(f"<figure>{svg}<figcaption>{escape(title)}</figcaption></figure>" for title, svg in charts)


def _tile(results: dict[str, Any], folder: Path, candidate: dict[str, Any], picture: str) -> str:
    url = data_url(folder / results["shown"]["files"][candidate["name"]][picture])
    name = escape(candidate["name"])
    image = f'<img src="{url}" alt="{escape(picture)}, {name}" loading="lazy">'
    return f"<figure>{image}<figcaption>{name}</figcaption></figure>"


def _in_order(candidates: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Grey first, the real photograph last."""
    return sorted(candidates, key=lambda c: {"floor": 0, "ceiling": 2}.get(c["kind"], 1))


def _sheet(results: dict[str, Any], folder: Path) -> str:
    ordered = _in_order(results["candidates"])
    strips = []
    for picture in results["shown"]["sheet"]:
        tiles = "".join(_tile(results, folder, candidate, picture) for candidate in ordered)
        strips.append(f'<div class="strip" style="--tiles:{len(ordered)}">{tiles}</div>')
    return "".join(strips)


def _examples(results: dict[str, Any], folder: Path) -> str:
    """Per candidate and figure: the best, median and worst pictures as grey | coloured | real."""
    floor, *_, ceiling = _in_order(results["candidates"])
    figures = {figure["key"]: figure for figure in results["figures"]}
    sections = []
    for candidate in results["candidates"]:
        for key, kinds in candidate["examples"].items():
            figure, groups = figures[key], []
            for kind, entries in kinds.items():
                for entry in entries:
                    tiles = "".join(_tile(results, folder, c, entry["picture"]) for c in (floor, candidate, ceiling))
                    value = tables.number(entry["value"], figure["digits"])
                    label = f"<p><b>{kind}</b> {escape(figure['title'])} {value} · {escape(entry['picture'])}</p>"
                    groups.append(f'<div>{label}<div class="strip" style="--tiles:3">{tiles}</div></div>')
            summary = f"{escape(candidate['name'])} by {escape(figure['title'])}"
            sections.append(
                f'<details><summary>{summary}</summary><div class="strips">{"".join(groups)}</div></details>'
            )
    return "".join(sections)


def _meaning(figure: dict[str, Any]) -> str:
    arrow = tables.ARROWS[figure["direction"]]
    return f"<dt>{escape(figure['title'])} <small>{arrow}</small></dt><dd>{escape(figure['meaning'])}</dd>"
