import numpy as np
import pytest
import skimage.color
from hypothesis import given
from hypothesis import strategies as st

from colorizing_things.color.spaces import srgb_to_lab
from colorizing_things.lab.color import luv_numpy as luv


@pytest.fixture(scope="module")
def rgb():
    return np.random.default_rng(0).random((60, 60, 3))


def test_luv_agrees_with_scikit_image(rgb):
    np.testing.assert_allclose(luv.srgb_to_luv(rgb), skimage.color.rgb2luv(rgb), atol=5e-3)
    np.testing.assert_allclose(luv.luv_to_srgb(skimage.color.rgb2luv(rgb)), rgb, atol=1e-4)


def test_white_point_and_primaries():
    assert pytest.approx((0.197840, 0.468336), abs=1e-6) == (luv.U_WHITE, luv.V_WHITE)
    red = luv.srgb_to_luv(np.array([1.0, 0, 0]))
    np.testing.assert_allclose(red, (53.24, 175.01, 37.75), atol=0.02)


def test_lightness_is_that_of_lab_and_greys_have_no_chroma(rgb):
    np.testing.assert_allclose(luv.srgb_to_luv(rgb)[..., 0], srgb_to_lab(rgb)[..., 0], atol=1e-9)
    gray = luv.srgb_to_luv(np.repeat(np.linspace(0, 1, 50)[:, None], 3, axis=1))
    assert np.abs(gray[:, 1:]).max() < 0.01


def test_ranges_are_those_of_the_cubes_faces():
    level = np.linspace(0, 1, 64)
    u, v = np.meshgrid(level, level)
    faces = [np.insert(np.stack([u, v], -1), axis, side, axis=-1) for axis in range(3) for side in (0.0, 1.0)]
    uv = luv.srgb_to_luv(np.stack(faces))[..., 1:].reshape(-1, 2)
    np.testing.assert_allclose(uv.min(0), (luv.U_RANGE[0], luv.V_RANGE[0]), atol=0.02)
    np.testing.assert_allclose(uv.max(0), (luv.U_RANGE[1], luv.V_RANGE[1]), atol=0.02)


def test_black_is_black_and_nothing_is_nan():
    black = luv.srgb_to_luv(np.zeros(3))
    np.testing.assert_allclose(black, 0, atol=1e-6)
    np.testing.assert_array_equal(luv.luv_to_lab(np.zeros(3)), 0)


@given(st.tuples(*[st.floats(0, 1)] * 3))
def test_luv_round_trip(color):
    lab = srgb_to_lab(np.array([color]))
    back = luv.luv_to_lab(luv.lab_to_luv(lab))
    if lab[0, 0] > 0.1:
        np.testing.assert_allclose(back, lab, atol=1e-3)
