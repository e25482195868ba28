import numpy as np

from colorizing_things.color.chroma import Chroma
from colorizing_things.color.look import WARMTH, Look


def test_scaling_multiplies_chroma():
    chroma = Chroma(np.full((2, 3, 3), 7.0, np.float32))
    np.testing.assert_allclose(chroma.with_look(Look(saturation=1.5)).ab, 10.5)
    assert chroma.with_look(Look()) is chroma


def test_warmth_shifts_towards_yellow_and_strength_takes_it_all_back():
    chroma = Chroma(np.full((2, 3, 3), 7.0, np.float32))
    warm = chroma.with_look(Look(warmth=0.5, saturation=2)).ab
    np.testing.assert_allclose(warm[0], 14)
    np.testing.assert_allclose(warm[1], 14 + WARMTH / 2)
    np.testing.assert_array_equal(chroma.with_look(Look(warmth=1, strength=0)).ab, 0)
