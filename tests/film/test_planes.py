"""Luma scales, and chroma planes for a luma that is kept."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

av = pytest.importorskip("av")
from colorizing_things.color.gamut import max_chroma_at  # noqa: E402
from colorizing_things.color.spaces import lab_to_srgb, srgb_to_lab  # noqa: E402
from colorizing_things.film.luma import Scale  # noqa: E402
from colorizing_things.film.planes import KB, KG, KR, Grid, chroma_planes, differences, rgb_of  # noqa: E402


@given(bits=st.sampled_from([8, 9, 10, 12, 16]), full=st.booleans(), other=st.sampled_from([8, 10, 12, 16]))
def test_scales_turn_into_each_other_within_a_code(bits, full, other):
    one, two = Scale(bits, full), Scale(other, not full)
    codes = np.linspace(one.black, one.black + one.span, 50).round().astype(one.dtype)
    back = two.converted(one.converted(codes, two), one)
    step = max(1, one.span / two.span)
    assert np.abs(back.astype(int) - codes).max() <= np.ceil(step)
    np.testing.assert_array_equal(one.converted(codes, one), codes)


def test_colors_are_those_asked_for_at_the_luma_that_is_kept():
    wanted = np.stack(np.meshgrid(np.linspace(-30, 30, 13), np.linspace(-30, 30, 13))).astype(np.float32)
    hue, chroma = np.arctan2(wanted[1], wanted[0]), np.hypot(*wanted)
    for luma in (0.3, 0.5, 0.7):
        value = np.full(wanted.shape[1:], luma, np.float32)
        rgb = rgb_of(value, *differences(value, wanted)) / 255
        assert np.abs(rgb @ (KR, KG, KB) - luma).max() < 1.5 / 255
        found, lightness = srgb_to_lab(rgb), srgb_to_lab(np.full(3, luma))[0]
        inside = chroma < 0.9 * max_chroma_at(lightness, hue)
        assert inside.sum() > 80
        assert np.abs(np.moveaxis(found[..., 1:], 2, 0) - wanted)[:, inside].max() < 4
        assert np.abs(found[..., 0] - lightness)[inside].max() < 4


def test_nothing_leaves_the_range_that_a_player_shows():
    chance = np.random.default_rng(0)
    value = chance.random((40, 50)).astype(np.float32)
    ab = chance.uniform(-120, 120, (2, 40, 50)).astype(np.float32)
    cb, cr = differences(value, ab)
    red, blue = value + cr * 2 * (1 - KR), value + cb * 2 * (1 - KB)
    green = (value - KR * red - KB * blue) / KG
    for channel in (red, green, blue):
        assert channel.min() > -1e-3 and channel.max() < 1 + 1e-3


@pytest.mark.parametrize(("grid", "shape"), [(Grid(2, 2), (26, 31)), (Grid(2, 1), (51, 31)), (Grid(1, 1), (51, 61))])
@pytest.mark.parametrize("scale", [Scale(), Scale(10), Scale(8, True), Scale(16, True)])
def test_planes_agree_with_ffmpegs_own_colors(grid, shape, scale):
    luma = np.full((51, 61), round(scale.black + 0.5 * scale.span), scale.dtype)
    u, v = chroma_planes(luma, scale, np.full((2, 3, 4), 20, np.float32), grid)
    assert u.shape == v.shape == shape
    assert u.dtype == luma.dtype
    lightness = srgb_to_lab(np.full(3, 0.5))[0]
    rgb = lab_to_srgb(np.array([lightness, 20, 20]))
    own = rgb @ (KR, KG, KB)
    for plane, part in ((u, (rgb[2] - own) / 2 / (1 - KB)), (v, (rgb[0] - own) / 2 / (1 - KR))):
        assert abs(plane[5, 5] - (scale.middle + part * scale.chroma_span)) < max(1.0, scale.chroma_span / 400)


def test_grey_stays_grey_code_for_code():
    luma = np.arange(256, dtype=np.uint8).reshape(16, 16)
    for plane in chroma_planes(luma, Scale(), np.zeros((2, 4, 4), np.float32), Grid(1, 1)):
        assert (plane == 128).all()
