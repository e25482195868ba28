"""How much colour there is beside how much there was."""

from __future__ import annotations

from .base import Family, FamilyMetric, Figure, Pair, Record, chroma_of, column, columns, number, ratio_of_means


def _measure(pair: Pair) -> Record:
    return {
        "chroma": number(chroma_of(pair.common.prediction_lab).mean()),
        "real_chroma": number(chroma_of(pair.common.truth_lab).mean()),
    }


FAMILY = Family(
    "chroma",
    (
        Figure(
            "chroma",
            "chroma",
            "real",
            "Mean own chroma, CIELAB units, at a shorter side of 256; mean over a picture's pixels, then pictures.",
            column("chroma"),
        ),
        Figure(
            "chroma_ratio",
            "chroma ratio",
            "real",
            "Mean own chroma over mean real chroma of the set: 0 is grey, 1 as much colour as there was. It says "
            "nothing about whether the colour is right: read it beside p95 and stains.",
            columns("chroma", "real_chroma"),
            ratio_of_means,
            width=2,
        ),
    ),
    _measure,
)


class ChromaRatio(FamilyMetric):
    """Chroma beside the real photographs' as a torchmetrics metric."""

    family = FAMILY
