import numpy as np
import pytest

from colorizing_things.color.chroma import Chroma
from colorizing_things.color.gamut import pull_into_gamut
from colorizing_things.color.join import Joiner
from colorizing_things.color.resampling import enlarge
from colorizing_things.color.spaces import srgb_to_lab, srgb_to_lightness


def smooth_field(rng, height=12, width=16, spread=20):
    return enlarge(rng.normal(0, spread, (2, 4, 5)), height, width)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_lightness_survives_whatever_the_chroma(dtype):
    """Even where every pixel is out of gamut and the lightness is noise."""
    rng = np.random.default_rng(0)
    if dtype == np.float32:
        lightness = L = rng.uniform(0, 100, (90, 120)).astype(np.float32)
    else:
        lightness = rng.integers(0, np.iinfo(dtype).max + 1, (90, 120)).astype(dtype)
        L = srgb_to_lightness(lightness / np.iinfo(dtype).max)
    rgb = Joiner(Chroma(smooth_field(rng, spread=60)), 90, 120, deep=True)(0, lightness)
    error = np.abs(srgb_to_lab(rgb / 65535)[..., 0] - L)
    assert error.mean() < 0.02 and error.max() < 0.3


def test_chroma_is_the_enlarged_field_pulled_into_the_gamut():
    rng = np.random.default_rng(1)
    field = smooth_field(rng, spread=40)
    codes = rng.integers(30, 220, (90, 120)).astype(np.uint8)
    L = srgb_to_lightness(codes / 255)
    lab = srgb_to_lab(Joiner(Chroma(field), 90, 120, deep=True)(0, codes) / 65535)
    wide = enlarge(field, 90, 120)
    a, b = pull_into_gamut(L, wide[0], wide[1])
    distance = np.hypot(lab[..., 1] - a, lab[..., 2] - b)
    assert distance.mean() < 0.3 and distance.max() < 8
    inside = np.hypot(a - wide[0], b - wide[1]) < 1e-6
    assert inside.any() and distance[inside].max() < 1.5


def test_strips_join_to_the_whole():
    rng = np.random.default_rng(2)
    codes = rng.integers(0, 256, (101, 77)).astype(np.uint8)
    joiner = Joiner(Chroma(smooth_field(rng)), 101, 77, deep=False)
    whole = joiner(0, codes)
    parts = np.concatenate([joiner(top, codes[top : top + 13]) for top in range(0, 101, 13)])
    np.testing.assert_array_equal(whole, parts)


def test_no_chroma_gives_back_the_grey_codes():
    codes = np.arange(256, dtype=np.uint8).reshape(16, 16)
    rgb = Joiner(Chroma(np.zeros((2, 4, 4), np.float32)), 16, 16, deep=False)(0, codes)
    assert np.abs(rgb.astype(int) - codes[..., None]).max() <= 1
