"""Photographs with numbered regions."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from PIL import Image

from colorizing_things import PictureError
from colorizing_things.lab.data.outlined import OutlinedPictures


@pytest.fixture
def folder(tmp_path):
    """A red thing, number 7, on green, number 0: of two sizes; and a picture without regions."""
    for number, size in enumerate([(90, 60), (60, 120), (50, 50)]):
        rgb = np.zeros((*size, 3), np.uint8)
        rgb[..., 1], regions = 180, np.zeros(size, np.uint8)
        rgb[10:30, 15:45], regions[10:30, 15:45] = (200, 20, 20), 7
        for name in ("images", "seg"):
            (tmp_path / name).mkdir(exist_ok=True)
        Image.fromarray(rgb).save(tmp_path / "images" / f"{number}.jpg", quality=95)
        if number < 2:
            Image.fromarray(regions).save(tmp_path / "seg" / f"{number}.png")
    return tmp_path


def test_pictures_and_regions_are_cut_alike(folder):
    pictures = OutlinedPictures(folder)
    assert len(pictures.pairs) == 2
    rgb, regions = pictures.draw(12, 64, 96, np.random.default_rng(0))
    assert rgb.shape == (12, 3, 64, 96) and regions.shape == (12, 1, 64, 96)
    assert set(regions.unique().tolist()) == {0, 7}
    red = (rgb[:, :1] > rgb[:, 1:2]).float()
    assert (red != (regions > 0)).float().mean() < 0.03 and (regions > 0).float().mean() > 0.05


def test_the_same_seed_gives_the_same_crops(folder):
    first, again = (OutlinedPictures(folder).draw(3, 32, 32, np.random.default_rng(5)) for _ in range(2))
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))


def test_what_does_not_fit_is_named(folder, tmp_path):
    with pytest.raises(PictureError, match=r"nothing: holds no images/NAME\.jpg with a seg/NAME\.png"):
        OutlinedPictures(tmp_path / "nothing")
    Image.new("L", (9, 9)).save(folder / "seg" / "0.png")
    Image.new("L", (9, 9)).save(folder / "seg" / "1.png")
    with pytest.raises(PictureError, match="is not of the size of"):
        OutlinedPictures(folder).draw(1, 32, 32, np.random.default_rng(0))
