"""MobileNetV2 (Sandler et al. 2018) on one grey channel, from the packaged ImageNet weights."""

from __future__ import annotations

from importlib.resources import files

import torch.nn.functional as F
from safetensors.torch import load
from torch import Tensor, nn

from colorizing_things.errors import SettingError

from .gray import lightness_to_gray


def same_pad(x: Tensor) -> Tensor:
    """TensorFlow's SAME padding of a 3x3, stride-2 convolution on an even size."""
    return F.pad(x, (0, 1, 0, 1))


class InvertedResidual(nn.Module):
    """MobileNetV2's block: expand 1x1, depthwise 3x3, project 1x1 (Sandler et al. 2018, section 3.3)."""

    def __init__(self, inside: int, outside: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = inside * expansion
        self.stride = stride
        self.residual = stride == 1 and inside == outside
        if expansion > 1:
            self.expand = nn.Conv2d(inside, wide, 1)
        self.depthwise = nn.Conv2d(wide, wide, 3, stride, padding=1 if stride == 1 else 0, groups=wide)
        self.project = nn.Conv2d(wide, outside, 1)

    def forward(self, x: Tensor) -> Tensor:
        """``[N, inside, H, W]`` -> ``[N, outside, H/stride, W/stride]``."""
        y = F.relu6(self.expand(x)) if hasattr(self, "expand") else x
        y = F.relu6(self.depthwise(same_pad(y) if self.stride == 2 else y))
        y = self.project(y)
        answer: Tensor = x + y if self.residual else y
        return answer


# outside, repeats, stride, expansion (Sandler et al. 2018, table 2)
STAGES = ((16, 1, 1, 1), (24, 2, 2, 6), (32, 3, 2, 6), (64, 4, 2, 6), (96, 3, 1, 6), (160, 3, 2, 6), (320, 1, 1, 6))
BLOCKS = sum(repeats for _, repeats, _, _ in STAGES)
MAPPED = {6: 32, 13: 96, 17: 320}  # the last block of strides 8, 16 and 32, and its channels


def add_blocks(network: nn.Module) -> None:
    """Give a network with a stem of 32 channels its ``block1`` to ``block17``, 320 channels out."""
    inside, number = 32, 0
    for outside, repeats, stride, expansion in STAGES:
        for i in range(repeats):
            number += 1
            network.add_module(f"block{number}", InvertedResidual(inside, outside, stride if i == 0 else 1, expansion))
            inside = outside


class MobileNetV2(nn.Module):
    """MobileNetV2 1.0 with one grey input channel and batch norm already folded away.

    The grey stem is the sum of the RGB stem over its three input channels: on grey pictures it computes
    exactly what the RGB network does.
    """

    channels = (16, 24, 32, 96, 320)  # at strides 2, 4, 8, 16, 32
    taps = (1, 3, 6, 13, 17)  # the last block at each stride

    def __init__(self, weights: str = "imagenet") -> None:
        super().__init__()
        self.stem = nn.Conv2d(1, 32, 3, 2)
        add_blocks(self)
        if weights == "imagenet":
            self.load_state_dict(_gray_imagenet())
        elif weights != "none":
            raise SettingError(f"weights {weights!r}: choose imagenet or none")

    def forward(self, L: Tensor) -> list[Tensor]:
        """Lightness ``[N,1,H,W]`` in 0..100, H and W multiples of 32 -> features, fine to coarse."""
        x = F.relu6(self.stem(same_pad(lightness_to_gray(L) * 2 - 1)))
        features = []
        for number in range(1, BLOCKS + 1):
            x = self.get_submodule(f"block{number}")(x)
            if number in self.taps:
                features.append(x)
        return features


def _gray_imagenet() -> dict[str, Tensor]:
    """The packaged ImageNet weights, without the classifier and with the stem's input channels summed."""
    packaged = files("colorizing_things.lab") / "features" / "mobilenet_v2.safetensors"
    state = {key: value.float() for key, value in load(packaged.read_bytes()).items()}
    state["stem.weight"] = state["stem.weight"].sum(1, keepdim=True)
    return {key: value for key, value in state.items() if not key.startswith(("head.", "classifier."))}
