"""The metrics, one file a family: pure functions, what is recorded of a picture, a torchmetrics class."""

from __future__ import annotations

from . import (
    ab_error,
    auc,
    bleeding,
    chroma,
    ciede,
    colorfulness,
    colorless,
    confidence,
    distances,
    diversity,
    edges,
    faces,
    fidelity,
    luminance,
    p95,
    pretrained,
    semantics,
    stains,
)
from .base import Family, Figure, SetFigure

# The order is that of the table: what steers first (METHODS 17: what people score), then the field's own figures.
FAMILIES: dict[str, Family] = {
    family.name: family
    for family in (
        p95.FAMILY,
        stains.FAMILY,
        colorless.FAMILY,
        chroma.FAMILY,
        faces.FAMILY,
        edges.FAMILY,
        fidelity.FAMILY,
        ab_error.FAMILY,
        ciede.FAMILY,
        auc.FAMILY,
        colorfulness.FAMILY,
        distances.FAMILY,
        semantics.FAMILY,
        bleeding.FAMILY,
        luminance.FAMILY,
        confidence.FAMILY,
        diversity.FAMILY,
        pretrained.INCEPTION,
        pretrained.LPIPS,
    )
}


def figures() -> dict[str, Figure | SetFigure]:
    """Every figure by its key, in the table's order."""
    return {figure.key: figure for family in FAMILIES.values() for figure in family.figures}
