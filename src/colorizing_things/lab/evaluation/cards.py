"""Flat grey cards: a picture of nothing has no colour, and a network that gives it one tints everything a little."""

from __future__ import annotations

import numpy as np

from colorizing_things.color.spaces import lightness_to_srgb
from colorizing_things.lab.metrics.base import chroma_of, to_lab

from .candidates import Model, open_session
from .pictures import to_tensor

LIGHTNESSES = tuple(range(20, 91, 10))
SIZE = (256, 384)


def chroma_of_cards(model: Model) -> float:
    """Largest mean chroma, CIELAB units, that a model gives a flat card of L* 20, 30, ... 90; lower is better."""
    chromas = []
    for lightness in LIGHTNESSES:
        code = round(float(lightness_to_srgb(np.array(lightness))) * 255)
        card = np.full(SIZE, code, np.uint8)
        colorizer, session = open_session(model, card)
        colored = colorizer.pixels(card, chroma=session.predict())
        chromas.append(float(chroma_of(to_lab(to_tensor(colored))).mean()))
    return max(chromas)
