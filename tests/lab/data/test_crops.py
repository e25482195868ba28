"""Crops of any shape, cut on the device."""

from __future__ import annotations

import zlib

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from colorizing_things.lab.config.recipe import DataSettings
from colorizing_things.lab.data.crops import CropBatches, Crops, cut, draw_boxes, shape_of
from colorizing_things.lab.data.emulsion import PLATES
from colorizing_things.lab.data.photographs import Photographs, open_photographs


@pytest.fixture(scope="module")
def pictures(photographs, tmp_path_factory):
    return open_photographs(photographs, tmp_path_factory.mktemp("cache"))[0]


def settings(**more):
    return DataSettings(**{"size": 64, "batch_size": 6, "aspects": (1.0, 1.5, 0.7), "old_plates": 0.5, **more})


def test_shapes_are_whole_cells():
    assert [shape_of(224, aspect) for aspect in (1, 1.43, 0.7)] == [(224, 224), (224, 320), (320, 224)]
    assert shape_of(64, 1.5) == (64, 96) and shape_of(64, 1.1) == (64, 64)


def test_a_batch_is_a_function_of_seed_and_step(pictures):
    with CropBatches(pictures, settings()) as one, CropBatches(pictures, settings()) as two:
        one(0), one(1)
        third, jumped, fourth = one(2), two(2), one(3)
    assert third[4:] == jumped[4:]
    assert all(torch.equal(a, b) for a, b in zip(third[:4], jumped[:4], strict=True))
    assert not torch.equal(third.boxes, fourth.boxes)


def test_every_aspect_comes_and_pictures_are_cut_to_it(pictures):
    with CropBatches(pictures, settings()) as batches:
        found = [batches(step) for step in range(12)]
    assert {(crops.height, crops.width) for crops in found} == {(64, 64), (64, 96), (96, 64)}
    for crops in found:
        rgb = cut(crops)
        assert rgb.shape == (6, 3, crops.height, crops.width) and rgb.min() >= 0 and rgb.max() <= 1
        assert rgb.std() > 0.05
    old = torch.cat([(crops.plates != torch.tensor(PLATES["pan"])).any(1) for crops in found]).float().mean()
    assert 0.3 < old < 0.7


def test_boxes_have_the_shape_and_lie_inside():
    sizes = np.array([[192, 288], [288, 192], [40, 60], [192, 192]] * 50)
    boxes = draw_boxes(sizes, 224, 320, 0.5, np.random.default_rng(0))
    top, left, height, width = boxes.T
    np.testing.assert_allclose(width / height, 320 / 224)
    assert (boxes[:, :2] >= 0).all() and (top + height <= sizes[:, 0] + 1e-9).all()
    assert (left + width <= sizes[:, 1] + 1e-9).all()
    share = height / np.minimum(sizes[:, 0], sizes[:, 1] * 224 / 320)
    assert 0.5 <= share.min() < 0.55 and 0.95 < share.max() <= 1


def test_a_cut_is_the_picture_itself_where_nothing_is_scaled():
    pixels = torch.randint(0, 256, (2, 3, 80, 80), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
    crops = Crops(pixels, torch.tensor([[8.0, 4, 32, 64]] * 2), torch.tensor([False, True]), torch.zeros(2, 3), 32, 64)
    plain, mirrored = cut(crops)
    torch.testing.assert_close(plain, pixels[0, :, 8:40, 4:68] / 255, atol=1e-4, rtol=0)
    torch.testing.assert_close(mirrored, pixels[1, :, 8:40, 4:68].flip(2) / 255, atol=1e-4, rtol=0)


def test_nothing_beyond_the_picture_is_seen():
    """Canvases are black beyond their picture; white ones stay white to the edge."""
    shapes = np.array([[40, 60], [60, 40], [50, 50]], np.int32)
    sizes = shapes.prod(1) * 3
    pixels, offsets = np.full(sizes.sum(), 255, np.uint8), np.cumsum([0, *sizes[:-1]])
    checksums = np.array([zlib.crc32(pixels[:size]) for size in sizes])
    white = Photographs(pixels, offsets, shapes, ["white"] * 3, checksums)
    with CropBatches(white, settings(size=224, aspects=(1.0, 1.43), min_crop=1.0, batch_size=9)) as batches:
        assert all(cut(batches(step)).min() > 0.999 for step in range(4))
