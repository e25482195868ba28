"""Stains: bold colour where it is wrong, what viewers name first."""

from __future__ import annotations

from torch import Tensor

from .base import Family, FamilyMetric, Figure, Pair, Record, chroma_of, column, number
from .protocol import PROTOCOL


def stain_share(distance: Tensor, chroma: Tensor, least: float) -> Tensor:
    """Share of the area where the ab error and the prediction's own chroma both exceed ``least``.

    Args:
        distance: ab error ``[...,H,W]``, CIELAB units.
        chroma: of the prediction, ``[...,H,W]``.
        least: CIELAB units; 25 is a stain that nobody overlooks, 15 one that spoils a quiet picture.

    Returns:
        ``[...]``, percent, lower is better. Grey has none (METHODS 17).

    Examples:
        >>> import torch
        >>> distance, chroma = torch.tensor([[30.0, 5.0]]), torch.tensor([[40.0, 40.0]])
        >>> float(stain_share(distance, chroma, least=25))
        50.0
    """
    return 100 * ((distance > least) & (chroma > least)).float().mean((-2, -1))


def _measure(pair: Pair) -> Record:
    distance, chroma = pair.common.ab_distance, chroma_of(pair.common.prediction_lab)
    return {f"stain_{least:g}": number(stain_share(distance, chroma, least)) for least in PROTOCOL.stain_chromas}


FAMILY = Family(
    "stains",
    tuple(
        Figure(
            f"stain_{least:g}",
            f"stains at {least:g} %",
            "lower",
            f"Share of the area, at a shorter side of 256, where the ab error and the own chroma both exceed "
            f"{least:g}: bold colour where it is wrong. Mean over pictures; grey has none.",
            column(f"stain_{least:g}"),
            ranks_pictures=least == PROTOCOL.stain_chromas[0],
        )
        for least in PROTOCOL.stain_chromas
    ),
    _measure,
)


class Stains(FamilyMetric):
    """Stained area as a torchmetrics metric."""

    family = FAMILY
