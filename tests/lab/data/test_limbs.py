"""Maps of limbs follow their pictures."""

from __future__ import annotations

import zlib

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from colorizing_things.errors import TrainingError
from colorizing_things.lab.config.recipe import DataSettings
from colorizing_things.lab.data.crops import CropBatches, cut, cut_planes
from colorizing_things.lab.data.limbs import CELLS, Limbs
from colorizing_things.lab.data.photographs import Photographs


@pytest.fixture(scope="module")
def half_white() -> Photographs:
    """Pictures of two shapes whose left half is white, and one whose right half is."""
    pictures = []
    for height, width, left in ((96, 144, True), (144, 96, True), (96, 144, False)):
        picture = np.zeros((height, width, 3), np.uint8)
        picture[:, : width // 2] = 255
        pictures.append(picture if left else picture[:, ::-1])
    flat = [np.ascontiguousarray(picture).ravel() for picture in pictures]
    offsets = np.cumsum([0, *(len(one) for one in flat[:-1])])
    shapes = np.array([picture.shape[:2] for picture in pictures], np.int32)
    checksums = np.array([zlib.crc32(one) for one in flat])
    return Photographs(np.concatenate(flat), offsets, shapes, ["half"] * 3, checksums)


def test_a_map_is_cut_and_mirrored_as_its_picture_is_and_others_have_none(half_white, tmp_path):
    maps = np.zeros((2, CELLS, CELLS), np.uint8)
    maps[:, :, : CELLS // 2] = 255
    np.savez(tmp_path / "limbs.npz", keys=half_white.checksums[:2], maps=maps)
    assert Limbs(tmp_path / "limbs.npz").known(half_white) == 2
    settings = DataSettings(size=96, batch_size=12, aspects=(1.5, 0.7), limbs=str(tmp_path / "limbs.npz"))
    empty = 0
    with CropBatches(half_white, settings) as batches:
        for crops in (batches(step) for step in range(4)):
            limbs, white = cut_planes(crops.limbs, crops), cut(crops)[:, :1]
            assert limbs.shape == white.shape and limbs.min() > -1e-5 and limbs.max() < 1 + 1e-5
            for plane, picture in zip(limbs, white, strict=True):
                empty += not plane.any()
                assert not plane.any() or ((plane > 0.5) == (picture > 0.5)).float().mean() > 0.97
    assert 0 < empty < 48


def test_what_is_no_such_file_is_named(half_white, tmp_path):
    for content in (None, b"nonsense"):
        if content:
            (tmp_path / "limbs.npz").write_bytes(content)
        with pytest.raises(TrainingError, match=r"limbs\.npz: is no file that benchmarks/limbs\.py made"):
            Limbs(tmp_path / "limbs.npz")


def test_a_file_of_other_photographs_is_refused(half_white, tmp_path):
    """As one of the same photographs at another size: skin would weigh nothing, and nobody would know."""
    np.savez(tmp_path / "limbs.npz", keys=half_white.checksums + 1, maps=np.zeros((3, CELLS, CELLS), np.uint8))
    settings = DataSettings(size=96, batch_size=2, limbs=str(tmp_path / "limbs.npz"))
    with CropBatches(half_white, settings) as batches, pytest.raises(TrainingError, match="knows none of these"):
        batches(0)
