"""Small real photographs, from scikit-image, and folders of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("torch")

import torch
from skimage import data

torch.set_num_threads(1)
SIZES = ((96, 128), (128, 96), (101, 97), (128, 128), (112, 140), (96, 96))


def small_photos() -> list[np.ndarray]:
    """Six colour photographs of about 100 pixels a side, all different."""
    sources = [
        data.astronaut(),
        data.coffee(),
        data.chelsea(),
        data.rocket(),
        data.astronaut()[200:],
        data.coffee()[:, 250:],
    ]
    photos = []
    for source, (height, width) in zip(sources, SIZES, strict=True):
        image = Image.fromarray(source).resize((width, height), Image.Resampling.BOX)
        photos.append(np.asarray(image))
    return photos


def to_tensor(rgb: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.array(rgb)).permute(2, 0, 1)


@pytest.fixture(scope="session")
def photos() -> list[np.ndarray]:
    return small_photos()


@pytest.fixture(scope="session")
def tensors(photos) -> list[torch.Tensor]:
    return [to_tensor(photo) for photo in photos]


@pytest.fixture(scope="session")
def faded(tensors) -> list[torch.Tensor]:
    """The same photographs with noise and less colour: predictions that are neither right nor grey."""
    generator = torch.Generator().manual_seed(3)
    out = []
    for photo in tensors:
        gray = photo.float().mean(0, keepdim=True)
        noise = torch.randn(photo.shape, generator=generator) * 6
        out.append((gray + 0.6 * (photo.float() - gray) + noise).clamp(0, 255).round().to(torch.uint8))
    return out


@pytest.fixture
def photo_folder(tmp_path: Path, photos) -> Path:
    folder = tmp_path / "set"
    folder.mkdir()
    for i, photo in enumerate(photos):
        Image.fromarray(photo).save(folder / f"photo{i}.png")
    return folder


@pytest.fixture
def prediction_folder(tmp_path: Path, faded) -> Path:
    folder = tmp_path / "faded"
    folder.mkdir()
    for i, photo in enumerate(faded):
        Image.fromarray(photo.permute(1, 2, 0).numpy()).save(folder / f"photo{i}.webp", lossless=True)
    return folder
