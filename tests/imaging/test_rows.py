import numpy as np
import pytest
import pyvips

from colorizing_things.imaging.rows import RowSource


def blocks(pixels, size):
    return (pixels[top : top + size] for top in range(0, len(pixels), size))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("bands", [3, 4])
@pytest.mark.parametrize("shape", [(1, 1), (97, 33), (1, 3000)])
def test_rows_arrive_as_they_were(dtype, bands, shape):
    pixels = np.random.default_rng(0).integers(0, np.iinfo(dtype).max, (*shape, bands)).astype(dtype)
    height, width = shape
    with RowSource(blocks(pixels, 10), width, height, bands, dtype == np.uint16) as image:
        np.testing.assert_array_equal(image.numpy(), pixels)


@pytest.mark.parametrize("good_blocks", [0, 1, 5])
def test_what_the_rows_raise_is_what_is_raised(good_blocks):
    def broken():
        for _ in range(good_blocks):
            yield np.zeros((10, 5000, 3), np.uint8)
        raise RuntimeError("halfway")

    with pytest.raises(RuntimeError, match="halfway"), RowSource(broken(), 5000, 100, 3, False) as image:
        image.write_to_buffer(".jpg")


def test_too_few_rows_are_an_error():
    with pytest.raises(pyvips.Error), RowSource(iter([np.zeros((10, 50, 3), np.uint8)]), 50, 100, 3, False) as image:
        image.write_to_buffer(".png")
