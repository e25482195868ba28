import numpy as np
import skimage.color
from hypothesis import given
from hypothesis import strategies as st

from colorizing_things.color import spaces


def test_primaries_are_where_they_are_known_to_be():
    rgb = np.array([[1.0, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [0, 1, 1], [1, 0, 1]])
    expected = [
        (53.24, 80.09, 67.20), (87.74, -86.18, 83.18), (32.30, 79.19, -107.86),
        (97.14, -21.55, 94.48), (91.11, -48.09, -14.13), (60.32, 98.23, -60.82),
    ]  # fmt: skip
    np.testing.assert_allclose(spaces.srgb_to_lab(rgb), expected, atol=0.01)


def test_lab_agrees_with_scikit_image():
    rgb = np.random.default_rng(0).random((50, 50, 3))
    np.testing.assert_allclose(spaces.srgb_to_lab(rgb), skimage.color.rgb2lab(rgb), atol=1e-3)


@given(st.tuples(*[st.floats(0, 1)] * 3))
def test_lab_round_trip(rgb):
    back = spaces.lab_to_srgb(spaces.srgb_to_lab(np.array([rgb])))
    np.testing.assert_allclose(back[0], rgb, atol=1e-3)


@given(st.floats(0, 1))
def test_lightness_of_grey_is_the_L_of_its_lab_and_inverts(gray):
    L = spaces.srgb_to_lightness(np.array(gray))
    np.testing.assert_allclose(L, spaces.srgb_to_lab(np.array([gray] * 3))[0], atol=1e-3)
    np.testing.assert_allclose(spaces.lightness_to_srgb(L), gray, atol=1e-4)
