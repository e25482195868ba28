"""The table of figures as Markdown, and the words that it shares with the page."""

from __future__ import annotations

from typing import Any

ARROWS = {"higher": "↑", "lower": "↓", "real": "≈ real", "none": ""}
WIDE = 6  # more candidates than this are rows, not columns, with these figures only, and intervals of some
HEADLINE = (
    "p95", "stain_25", "colorless", "chroma_ratio", "faces_grey", "faces_odd", "edge_error",
    "auc", "auc_rebalanced", "kernel_distance", "ab_error", "colourfulness_abs", "delta_cf_of_means", "near_grey",
    "semantic_agreement", "best_of_1", "best_of_8", "best_of_100", "sample_variance",
)  # fmt: skip
WITH_INTERVALS = ("p95", "stain_25", "colorless", "auc", "auc_rebalanced", "kernel_distance")
STEERING = (
    "ab_error_256", "p95", "p95_beside_grey", "stain_25", "stain_15", "colorless", "rich_chroma", "real_rich_chroma",
    "chroma_ratio", "faces_grey", "faces_odd", "faces_error", "faces", "edge_error", "edge_error_beside_grey",
    "pairwise_ratio", "best_beside_mean", "samples_stains",
)  # fmt: skip
FACTS = (
    ("parameters", "weights", 1e6, " M", 1),
    ("pictures_seen", "pictures", 1e3, " k", 0),
    ("hours", "hours", 1, "", 2),
)
COST = (  # of results' ``cost``: what is measured once a model
    ("flat_cards", "chroma of flat grey cards", 1),
    ("seconds", "s / picture", 3),
    ("peak_memory_mb", "peak MB", 0),
)


def shown_figures(results: dict[str, Any]) -> list[dict[str, Any]]:
    """Figures that at least one candidate has."""
    return [
        figure
        for figure in results["figures"]
        if any(c["figures"][figure["key"]]["value"] is not None for c in results["candidates"])
    ]


def missing_figures(results: dict[str, Any]) -> list[str]:
    """What no candidate has, and why: ``title, title (reason)``."""
    shown = {figure["key"] for figure in shown_figures(results)}
    first = results["candidates"][0]["figures"]
    titles: dict[str, list[str]] = {}
    for figure in results["figures"]:
        if figure["key"] not in shown:
            titles.setdefault(first[figure["key"]]["reason"], []).append(figure["title"])
    return [f"{', '.join(group)} ({reason})" for reason, group in titles.items()]


def number(value: float | None, digits: int) -> str:
    """A number as it is shown; a dash where there is none."""
    if value is None:
        return "–"
    text = f"{value:.{digits}f}"
    return text[1:] if text.startswith("-") and not text.strip("-0.") else text.replace("-", "−")


def interval(estimate: dict[str, Any], digits: int) -> str:
    """``low–high``, or nothing where there is none or it has no width (floors and ceilings)."""
    low, high = estimate.get("low"), estimate.get("high")
    if low is None or high is None or low == high:
        return ""
    return f"{number(low, digits)}{' to ' if low < 0 else '–'}{number(high, digits)}"


def describe(results: dict[str, Any]) -> str:
    """One line on the set and the protocol."""
    chosen, side = results["set"], results["set"]["shorter_side"]
    sides = f"{side['least']}" if side["least"] == side["most"] else f"{side['least']} to {side['most']}"
    return (
        f"{chosen['count']} photographs of {chosen['name']} (shorter side {sides} px, no crop, set "
        f"{chosen['sha256'][:12]}), protocol {results['protocol']['version']}, seed {results['seed']}; "
        f"{results['protocol']['interval']:.0%} bootstrap intervals over pictures"
    )


def markdown(results: dict[str, Any]) -> str:
    """The table: a row a figure and a column a candidate, or the other way round where there are many of these."""
    rows = _a_row_each if len(results["candidates"]) > WIDE else _a_column_each
    lines = [describe(results) + ".", "", *rows(results)]
    lines += [
        "",
        "↑ higher is better, ↓ lower is better, ≈ real: as near to the real photographs' as may be.",
    ]
    missing = missing_figures(results)
    if missing:
        lines += ["", "Not measured: " + "; ".join(missing) + "."]
    if "outlines" in results:
        lines += ["", f"Wilful hints, {describe_outlines(results['outlines'])}.", "", *outlines_table(results)]
    return "\n".join(lines) + "\n"


def describe_outlines(outlines: dict[str, Any]) -> str:
    """One line on the objects that wilful hints were tried on."""
    objects = max(candidate["objects"] for candidate in outlines["candidates"])
    return f"{objects} objects in {outlines['pictures']} photographs of {outlines['set']} ({outlines['sha256'][:12]})"


def outlines_table(results: dict[str, Any]) -> list[str]:
    """Containment and coverage of wilful hints: a row a figure, a column a model that takes hints."""
    candidates = results["outlines"]["candidates"]
    lines = ["| | " + " | ".join(map(_name, candidates)) + " |", "| --- |" + " ---: |" * len(candidates)]
    for figure in results["outlines"]["figures"]:
        cells = [_with_interval(candidate["figures"][figure["key"]], figure["digits"]) for candidate in candidates]
        lines.append(f"| {figure['title']} {ARROWS[figure['direction']]} | " + " | ".join(cells) + " |")
    return lines


def summary(results: dict[str, Any]) -> str:
    """What steers, for a terminal: the headline figures with intervals, a row a figure, then wilful hints."""
    wanted = [figure for figure in shown_figures(results) if figure["key"] in STEERING]
    rows = [["", *(candidate["name"] for candidate in results["candidates"])]]
    for figure in wanted:
        estimates = [candidate["figures"][figure["key"]] for candidate in results["candidates"]]
        rows.append([figure["title"], *(_with_interval(estimate, figure["digits"]) for estimate in estimates)])
    for key, title, digits in COST:
        if any(c["cost"] for c in results["candidates"]):
            rows.append([title, *(number((c["cost"] or {}).get(key), digits) for c in results["candidates"])])
    lines = [describe(results), "", *_aligned(rows)]
    if "outlines" in results:
        candidates = results["outlines"]["candidates"]
        rows = [["", *(candidate["name"] for candidate in candidates)]]
        for figure in results["outlines"]["figures"]:
            estimates = [candidate["figures"][figure["key"]] for candidate in candidates]
            rows.append([figure["title"], *(_with_interval(estimate, figure["digits"]) for estimate in estimates)])
        lines += ["", describe_outlines(results["outlines"]), "", *_aligned(rows)]
    return "\n".join(lines)


def _aligned(rows: list[list[str]]) -> list[str]:
    first, *others = (max(map(len, column)) for column in zip(*rows, strict=True))
    return [
        "  ".join([name.ljust(first), *(cell.rjust(width) for cell, width in zip(cells, others, strict=True))])
        for name, *cells in rows
    ]


def _with_interval(estimate: dict[str, Any], digits: int) -> str:
    around = interval(estimate, digits)
    return number(estimate["value"], digits) + (f" ({around})" if around else "")


def _a_row_each(results: dict[str, Any]) -> list[str]:
    """Of many candidates the figures that matter most, with what they are and were trained on."""
    figures = {figure["key"]: figure for figure in shown_figures(results)}
    figures = {key: figures[key] for key in HEADLINE if key in figures}
    titles = [title for _, title, *_ in FACTS] + [f"{f['title']} {ARROWS[f['direction']]}" for f in figures.values()]
    lines = ["| | " + " | ".join(titles) + " |", "| --- |" + " ---: |" * len(titles)]
    for candidate in results["candidates"]:
        cells = []
        for key, _, unit, suffix, digits in FACTS:
            value = candidate.get(key)
            cells.append("" if value is None else number(value / unit, digits) + suffix)
        for key, figure in figures.items():
            estimate = candidate["figures"][key]
            around = interval(estimate, figure["digits"]) if key in WITH_INTERVALS else ""
            cells.append(number(estimate["value"], figure["digits"]) + (f" ({around})" if around else ""))
        lines.append(f"| {_name(candidate)} | " + " | ".join(cells) + " |")
    return lines


def _name(candidate: dict[str, Any]) -> str:
    name: str = candidate["name"]
    return name.replace("|", "\\|")


def _a_column_each(results: dict[str, Any]) -> list[str]:
    candidates = results["candidates"]
    lines = ["| | " + " | ".join(map(_name, candidates)) + " |", "| --- |" + " ---: |" * len(candidates)]
    for figure in shown_figures(results):
        cells = []
        for candidate in candidates:
            cells.append(_with_interval(candidate["figures"][figure["key"]], figure["digits"]))
        lines.append(f"| {figure['title']} {ARROWS[figure['direction']]} | " + " | ".join(cells) + " |")
    for key, title, digits in COST:
        if any(c["cost"] for c in candidates):
            cells = [number((c["cost"] or {}).get(key), digits) for c in candidates]
            lines.append(f"| {title} ↓ | " + " | ".join(cells) + " |")
    return lines
