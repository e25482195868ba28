"""The table of figures as Markdown, and the words that it shares with the page."""

from __future__ import annotations

from typing import Any

ARROWS = {"higher": "↑", "lower": "↓", "real": "≈ real", "none": ""}
COST = (("seconds", "s / picture", 3), ("peak_memory_mb", "peak MB", 0))  # of results' ``cost``


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
    """The table, one row a figure and one column a candidate."""
    candidates = results["candidates"]
    lines = [describe(results) + ".", ""]
    lines.append("| | " + " | ".join(c["name"].replace("|", "\\|") for c in candidates) + " |")
    lines.append("| --- |" + " ---: |" * len(candidates))
    for figure in shown_figures(results):
        cells = []
        for candidate in candidates:
            estimate = candidate["figures"][figure["key"]]
            around = interval(estimate, figure["digits"])
            cells.append(number(estimate["value"], figure["digits"]) + (f" ({around})" if around else ""))
        lines.append(f"| {figure['title']} {ARROWS[figure['direction']]} | " + " | ".join(cells) + " |")
    for key, title, digits in COST:
        if any(c["cost"] for c in candidates):
            cells = [number((c["cost"] or {}).get(key), digits) for c in candidates]
            lines.append(f"| {title} ↓ | " + " | ".join(cells) + " |")
    lines += [
        "",
        "↑ higher is better, ↓ lower is better, ≈ real: as near to the real photographs' as may be.",
    ]
    missing = missing_figures(results)
    if missing:
        lines += ["", "Not measured: " + "; ".join(missing) + "."]
    return "\n".join(lines) + "\n"
