"""Plots as inline SVG: a few lines of it, so that the page needs neither a library nor a network.

Colours come from the page's style sheet (classes ``s0``, ``s1``, ...), so the plots follow dark and light.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

WIDTH, HEIGHT = 420, 300
LEFT, RIGHT, TOP, BOTTOM = 46, 12, 12, 40
Points = Sequence[tuple[float, float]]
COLORS = 6  # s1 to s6 in the page's style sheet
AUC_SHOWN = 80  # ab units: beyond, every curve is at the top


class Chart:
    """Axes with ticks, and things drawn between them."""

    def __init__(self, x: tuple[float, float], y: tuple[float, float], x_label: str, y_label: str) -> None:
        """``x`` and ``y`` are the ranges."""
        self.x, self.y = x, y
        self.parts: list[str] = []
        self._axes(x_label, y_label)

    def place(self, x: float, y: float) -> tuple[float, float]:
        """Data to picture coordinates."""
        across = (x - self.x[0]) / (self.x[1] - self.x[0])
        up = (y - self.y[0]) / (self.y[1] - self.y[0])
        return LEFT + across * (WIDTH - LEFT - RIGHT), HEIGHT - BOTTOM - up * (HEIGHT - TOP - BOTTOM)

    def _axes(self, x_label: str, y_label: str) -> None:
        for value in ticks(*self.x):
            px, _ = self.place(value, self.y[0])
            self.parts.append(f'<line class="grid" x1="{px:.1f}" x2="{px:.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}"/>')
            self.text(px, HEIGHT - BOTTOM + 15, f"{value:g}", "middle")
        for value in ticks(*self.y):
            _, py = self.place(self.x[0], value)
            self.parts.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{py:.1f}" y2="{py:.1f}"/>')
            self.text(LEFT - 6, py + 4, f"{value:g}", "end")
        self.text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 6, x_label, "middle")
        middle = (TOP + HEIGHT - BOTTOM) / 2
        turned = f'x="12" y="{middle}" text-anchor="middle" transform="rotate(-90 12 {middle})"'
        self.parts.append(f"<text {turned}>{escape(y_label)}</text>")

    def text(self, px: float, py: float, text: str, anchor: str, style: str = "") -> None:
        """Words at picture coordinates."""
        self.parts.append(
            f'<text class="{style}" x="{px:.1f}" y="{py:.1f}" text-anchor="{anchor}">{escape(text)}</text>'
        )

    def line(self, points: Points, style: str) -> None:
        """A polyline."""
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in (self.place(*p) for p in points))
        self.parts.append(f'<polyline class="line {style}" points="{path}"/>')

    def dots(self, points: Points, style: str, radius: float = 2) -> None:
        """Points."""
        for x, y in (self.place(*p) for p in points):
            self.parts.append(f'<circle class="dot {style}" cx="{x:.1f}" cy="{y:.1f}" r="{radius}"/>')

    def bars(self, heights: Points, width: float, style: str) -> None:
        """Bars that stand on the x axis, centred on their x, of a width in data units."""
        for x, height in heights:
            left, top = self.place(x - width / 2, height)
            right, bottom = self.place(x + width / 2, self.y[0])
            box = f'width="{max(1, right - left - 1):.1f}" height="{max(0, bottom - top):.1f}"'
            self.parts.append(f'<rect class="bar {style}" x="{left:.1f}" y="{top:.1f}" {box}/>')

    def svg(self, title: str) -> str:
        """The finished plot."""
        head = f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(title)}">'
        return head + "".join(self.parts) + "</svg>"


def ticks(low: float, high: float) -> list[float]:
    """Four to eight round numbers within a range."""
    span = high - low
    for step in (k * 10.0**e for e in range(-3, 6) for k in (1, 2, 5)):
        if span / step <= 7:
            first = -(-low // step)
            count = int((high - first * step) / step + 1e-9) + 1
            return [round((first + i) * step, 6) for i in range(count)]
    return [low, high]


def style_of(candidates: list[dict[str, Any]]) -> dict[str, str]:
    """Style class of every candidate: grey for the floor, ink for the ceiling, colours for the rest."""
    rated = [c["name"] for c in candidates if c["kind"] not in ("floor", "ceiling")]
    styles = {name: f"s{1 + i % COLORS}" for i, name in enumerate(rated)}
    return {c["name"]: {"floor": "s0", "ceiling": "s7"}.get(c["kind"]) or styles[c["name"]] for c in candidates}


def auc_chart(candidates: list[dict[str, Any]], curve: str) -> str:
    """Share of pixels within an ab error, one line a candidate."""
    chart = Chart((0, AUC_SHOWN), (0, 1), "ab error", "share of pixels within it")
    styles = style_of(candidates)
    for candidate in candidates:
        chart.line(list(enumerate(candidate["curves"][curve][: AUC_SHOWN + 1])), styles[candidate["name"]])
    return chart.svg("Share of pixels within an ab error")


def trade_off_chart(candidates: list[dict[str, Any]]) -> str:
    """Every candidate by its error and its colourfulness: the field's trade-off."""
    places = [
        (c["figures"]["ab_error"]["value"], c["figures"]["colourfulness_abs"]["value"], c["name"]) for c in candidates
    ]
    right = 1.25 * max(1.0, *(x for x, _, _ in places))
    chart = Chart(
        (-0.04 * right, right), (0, 1.2 * max(1.0, *(y for _, y, _ in places))), "ab error (lower is better)", "CF abs"
    )
    styles = style_of(candidates)
    for x, y, name in places:
        chart.dots([(x, y)], f"{styles[name]} solid", 5)
        px, py = chart.place(x, y)
        late = x > 0.7 * right
        chart.text(px - 9 if late else px + 9, py - 6, name, "end" if late else "start", "name")
    return chart.svg("ab error against colourfulness")


def colorfulness_chart(candidate: dict[str, Any], style: str) -> str:
    """One candidate's pictures: their colourfulness against that of the real photographs."""
    points = [(x, y) for x, y in candidate["curves"]["colourfulness"]]
    most = max(20.0, *(max(p) for p in points))
    chart = Chart((0, most), (0, most), "CF abs of the real photograph", f"CF abs, {candidate['name']}")
    chart.line([(0, 0), (most, most)], "reference")
    chart.dots(points, style)
    return chart.svg(f"Colourfulness of {candidate['name']} against the real photographs")


def calibration_chart(candidate: dict[str, Any], style: str) -> str:
    """What a model says of its own certainty against how often it is right; bars: how often it says so."""
    confidence, right, share = candidate["curves"]["calibration"]
    chart = Chart((0, 1), (0, 1), "confidence", "share with an ab error under 10")
    most = max(share)
    chart.bars([(c, 0.3 * s / most) for c, s in zip(confidence, share, strict=True)], 1 / 18, style)
    chart.line([(0, 0), (1, 1)], "reference")
    points = list(zip(confidence, right, strict=True))
    chart.line(points, style)
    chart.dots(points, f"{style} solid", 3)
    return chart.svg(f"Calibration of {candidate['name']}")
