import dataclasses

import numpy as np
import pytest

from colorizing_things.model.catalog import find_model
from colorizing_things.model.sizes import Frame, network_size

CARD = find_model("default")


@pytest.mark.parametrize("output_stride", [2, 4, 8])
@pytest.mark.parametrize(("width", "height"), [(4000, 20), (20, 4000), (640, 480), (1, 1), (333, 777)])
def test_every_field_of_any_stride_has_at_least_the_pictures_cells(width, height, output_stride):
    card = dataclasses.replace(CARD, output_stride=output_stride)
    columns, rows = network_size(card, width, height)
    frame = Frame.of(card, rows, columns)
    assert frame.padded_height % 32 == frame.padded_width % 32 == 0
    assert 0 <= frame.padded_height - rows < 32 and 0 <= frame.padded_width - columns < 32
    for stride in (1, 2, 4, 8, 16, 32):
        field = np.zeros((3, *frame.cells(stride)), np.float32)
        assert frame.cut(field).shape == (3, -(-rows // stride), -(-columns // stride))


def test_padding_keeps_the_picture_in_its_corner():
    frame = Frame.of(CARD, 4, 36)
    field = np.random.default_rng(0).normal(size=(2, 4, 36)).astype(np.float32)
    padded = frame.pad(field)
    assert padded.shape == (2, 32, 64) and not padded[:, 4:].any() and not padded[:, :, 36:].any()
    np.testing.assert_array_equal(frame.cut(padded), field)


def test_what_is_no_field_is_left_as_it_is():
    codes = np.zeros((5, 8), np.float32)
    assert Frame.of(CARD, 4, 36).cut(codes) is codes


@pytest.mark.parametrize(("width", "height"), [(6000, 4000), (4000, 4000), (3000, 9000), (40, 4000)])
def test_a_network_never_sees_more_than_its_memory_allows(width, height):
    for size in (32, 224, 500, 800):
        seen = network_size(CARD, width, height, size)
        assert seen[0] * seen[1] <= 1.02 * 640_000  # the stride's rounding
        assert max(seen) <= 4 * size + 2
    assert min(network_size(CARD, 6000, 4000, 600)) == 600
