"""The golden values of how far a hint goes, which the page's TypeScript is held to, are what the product computes."""

from __future__ import annotations

import json

import numpy as np
from golden_reach import GOLDEN, golden


def test_the_golden_values_are_the_products_own():
    written, now = json.loads(GOLDEN.read_text("utf-8")), golden()
    assert written.keys() == now.keys()
    for name in ("chances", "ab", "mask", "cells"):
        assert np.allclose(written[name], now[name], atol=2e-3)
    assert 0 < np.mean(now["mask"]) < 1, "no place is left to the network"
