"""Flat grey cards, before a colorizer that leaves them alone and one that does not."""

from __future__ import annotations

import pytest

pytest.importorskip("torch")

import numpy as np

from colorizing_things.color.spaces import lab_to_srgb
from colorizing_things.lab.evaluation import cards
from colorizing_things.lab.evaluation.candidates import Model, open_model


def test_the_worst_card_counts(monkeypatch):
    seen = []

    class Tinting:
        def predict(self) -> None:
            return None

        def pixels(self, card: np.ndarray, chroma: None) -> np.ndarray:
            seen.append(int(card[0, 0]))
            b = 12.0 if len(seen) == 3 else 3.0  # the one of L 40
            rgb = lab_to_srgb(np.array([10.0 * (len(seen) + 1), 0, b]))
            return np.broadcast_to((rgb * 255).round().astype(np.uint8), (*card.shape, 3)).copy()

    monkeypatch.setattr(cards, "open_session", lambda *_: (Tinting(), Tinting()))
    assert cards.chroma_of_cards(Model("tinting", "", "", 256)) == pytest.approx(12, abs=0.5)
    assert seen == sorted(seen) and len(seen) == 8 and (seen[0], seen[-1]) == (48, 226)  # L 20 and 90


def test_a_model_is_asked_through_the_product(tmp_path):
    assert 0 <= cards.chroma_of_cards(open_model("default", tmp_path)) < 60
