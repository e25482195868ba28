"""Encoders by name: each takes lightness and gives features at strides 2, 4, 8, 16 and 32.

An encoder is a module with ``channels`` (of its five features, fine to coarse) and ``forward(L)``: lightness
``[N,1,H,W]`` in 0..100, multiples of 32 -> the list of features.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from torch import nn

from colorizing_things.errors import SettingError

from .gray import lightness_to_gray
from .mobilenet import MobileNetV2
from .resnet import ResNet
from .vgg import VGG
from .weights import distilled, imagenet, read_state

__all__ = ["ENCODERS", "MobileNetV2", "build_encoder", "lightness_to_gray"]

ENCODERS: dict[str, Callable[..., nn.Module]] = {
    "mobilenet-v2": MobileNetV2,
    "vgg16": partial(VGG, 16),  # "smallboy16"
    "vgg19": partial(VGG, 19),
    "resnet152": ResNet,  # "bigboy152"
}
DISTILLED = ("vgg16", "vgg19")
FOLD = "imagenet"  # how three channels become one: see fold_rgb


def check_encoder(name: str, weights: str, width: float) -> None:
    """Say what is wrong with an encoder's settings, without looking for its weights.

    Raises:
        SettingError: unknown encoder, a width that cannot be, or weights that no such encoder has.
    """
    if name not in ENCODERS:
        raise SettingError(f"unknown encoder {name!r}: choose {', '.join(ENCODERS)}")
    if not 0 < width <= 1 or (name == "mobilenet-v2" and width != 1):
        raise SettingError(f"width {width}: above 0 and at most 1, and 1 for mobilenet-v2")
    source = "imagenet" if weights == "default" else weights
    if name == "mobilenet-v2":
        if source not in ("imagenet", "none"):
            raise SettingError(f"weights {source!r} of mobilenet-v2: choose imagenet or none")
    elif source == "distilled" and name not in DISTILLED:
        raise SettingError(
            f"weights distilled: {' and '.join(DISTILLED)} alone are distilled; choose imagenet, none or a file"
        )
    elif source == "imagenet" and width != 1:
        raise SettingError(f"weights imagenet: {name} is published at width 1 only; choose distilled, none or a file")


def find_weights(name: str, weights: str, width: float) -> Path | None:
    """The file that an encoder starts from, fetched if need be; None where it needs none.

    Raises:
        SettingError: it is not there.
        TrainingError: it cannot be fetched.
    """
    source = "imagenet" if weights == "default" else weights
    if source == "none" or name == "mobilenet-v2":
        return None
    if source == "imagenet":
        return imagenet(name)
    if source == "distilled":
        return distilled(name, width)
    if not Path(source).is_file():
        raise SettingError(f"weights {source}: no such file; choose imagenet, distilled, none or a file")
    return Path(source)


def build_encoder(name: str, weights: str = "default", width: float = 1.0) -> nn.Module:
    """Build an encoder with its weights.

    Args:
        name: one of ``ENCODERS``.
        weights: ``imagenet`` (fetched on first use), ``distilled``, ``none``, a ``.pth`` or ``.safetensors``
            file by torchvision's keys, or ``default``: imagenet.
        width: factor on the number of channels.

    Raises:
        SettingError: as :func:`check_encoder`, or the file does not fit the network.
        TrainingError: the published weights cannot be fetched.
    """
    check_encoder(name, weights, width)
    if name == "mobilenet-v2":
        return MobileNetV2("none" if weights == "none" else "imagenet")
    encoder = ENCODERS[name](width=width)
    path = find_weights(name, weights, width)
    if path is not None:
        load_weights(encoder, path)
    return encoder


def load_weights(encoder: nn.Module, path: Path, fold: str = FOLD) -> None:
    """Load a file strictly into a VGG or ResNet: grey weights as they are, RGB ones folded; no classifier.

    Raises:
        SettingError: unreadable, or of another network.
    """
    assert isinstance(encoder, (VGG, ResNet))
    state = {key: value for key, value in read_state(path).items() if not key.startswith(encoder.ignored)}
    first = state.get("conv1.weight", state.get("features.0.weight"))
    if first is not None and first.shape[1] == 3:
        state = encoder.to_gray(state, fold)
    try:
        encoder.load_state_dict(state)
    except RuntimeError as error:
        raise SettingError(f"weights {path}: do not fit the encoder: {str(error).splitlines()[1].strip()}") from error
