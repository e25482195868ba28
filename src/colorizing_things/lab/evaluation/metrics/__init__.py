"""The metrics, one file a family: pure functions, what is recorded of a picture, a torchmetrics class."""

from __future__ import annotations

from . import (
    ab_error,
    auc,
    bleeding,
    ciede,
    colourfulness,
    confidence,
    distances,
    diversity,
    fidelity,
    luminance,
    pretrained,
    semantics,
)
from .base import Family, Figure, SetFigure

# The order is that of the table's columns.
FAMILIES: dict[str, Family] = {
    family.name: family
    for family in (
        fidelity.FAMILY,
        ab_error.FAMILY,
        ciede.FAMILY,
        auc.FAMILY,
        colourfulness.FAMILY,
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
