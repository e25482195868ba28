import numpy as np
import pytest

from colorizing_things import Hint, Picture, SettingError
from colorizing_things.color.spaces import srgb_to_lab
from colorizing_things.guidance.hints import ab_of_color, painted, place


@pytest.fixture
def picture():
    return Picture.of_array(np.full((40, 80, 1), 128, np.uint8))


@pytest.mark.parametrize("text", ["120,340=#7a4a2b", " 120 , 340 = 7A4A2B ", "120.0,340=#7a4a2b"])
def test_a_hint_reads_as_it_is_written(text):
    hint = Hint.parse(text)
    assert (hint.x, hint.y) == (120, 340)
    expected = srgb_to_lab(np.array([0x7A, 0x4A, 0x2B]) / 255)[1:]
    np.testing.assert_allclose(hint.ab, expected)


def test_three_digits_stand_for_six():
    assert ab_of_color("#fa0") == ab_of_color("#ffaa00")


@pytest.mark.parametrize("text", ["", "12=#fff", "1,2", "1,2=blue", "1.2.3,4=#fff", "nan,1=#fff", "1,2=#12345"])
def test_another_writing_is_one_clear_line(text):
    with pytest.raises(SettingError, match="write it as"):
        Hint.parse(text)


def test_a_point_lands_where_it_is_meant(picture):
    field = place([Hint(79, 39, (10, -20)), Hint(0, 0, (5, 5))], picture, 10, 20)
    assert field.mask.sum() == 2 * 9 and field.mask[9, 19] == field.mask[0, 0] == 1  # cut at both corners
    np.testing.assert_array_equal(field.ab[:, 9, 19], [10, -20])


@pytest.mark.parametrize("where", [(80, 0), (0, 40), (-1, 3)])
def test_a_point_outside_is_refused(picture, where):
    with pytest.raises(SettingError, match="outside of array, which is 80 x 40"):
        place([Hint(*where, (0, 0))], picture, 10, 20)


def test_a_painted_layer_keeps_its_colours_and_says_nothing_where_it_is_transparent(picture):
    layer = np.zeros((40, 80, 4), np.uint8)
    layer[:, :, :3] = (0, 255, 0)  # colour under full transparency must not leak
    layer[10:20, 20:60] = (200, 40, 40, 255)
    layer[30, 0:80] = (40, 40, 200, 3)  # a thin, faint stroke counts
    field = painted(Picture.of_array(layer), picture, 10, 20)
    np.testing.assert_allclose(field.ab[:, 3, 10], ab_of_color("#c82828"), atol=1.5)
    np.testing.assert_allclose(field.ab[:, 7, 3], ab_of_color("#2828c8"), atol=1.5)
    assert field.mask[0].sum() == 0 and field.mask[9].sum() == 0 and field.mask[7].all()
    assert set(np.unique(field.mask)) == {0, 1}
    assert not field.ab[:, field.mask == 0].any()


def test_layers_that_cannot_be_hints_are_refused(picture):
    with pytest.raises(SettingError, match="no transparency"):
        painted(Picture.of_array(np.zeros((40, 80, 3), np.uint8)), picture, 10, 20)
    with pytest.raises(SettingError, match="is 40 x 40, array 80 x 40"):
        painted(Picture.of_array(np.zeros((40, 40, 4), np.uint8)), picture, 10, 20)


def test_a_hint_says_how_far_it_goes():
    assert Hint.parse("12,30=#7a4a2b").reach == "object"
    assert Hint.parse("12,30=#7a4a2b, reach=spot") == Hint.of_color(12, 30, "#7a4a2b", "spot")
    assert Hint.parse("12,30=grey,reach=alike") == Hint(12, 30, (0, 0), "alike") == Hint.parse("12,30=Gray,reach=alike")
    with pytest.raises(SettingError, match="reach 'far': must be spot, object, alike"):
        Hint.parse("12,30=#7a4a2b,reach=far")
    with pytest.raises(SettingError, match="write it as"):
        Hint.parse("12,30=#7a4a2b,range=spot")
