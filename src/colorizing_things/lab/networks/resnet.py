"""ResNet-152 (He et al. 2015, table 1) on one grey channel, by torchvision's keys."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from .gray import fold_rgb, normalized_gray

REPEATS = (3, 8, 36, 3)  # bottleneck blocks of each layer
EXPANSION = 4


class Block(nn.Module):
    """The bottleneck block: 1x1, 3x3 (which carries the stride, as in torchvision), 1x1, and the shortcut."""

    def __init__(self, inside: int, planes: int, stride: int) -> None:
        super().__init__()
        outside = planes * EXPANSION
        self.conv1, self.bn1 = nn.Conv2d(inside, planes, 1, bias=False), nn.BatchNorm2d(planes)
        self.conv2 = nn.Conv2d(planes, planes, 3, stride, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)
        self.conv3, self.bn3 = nn.Conv2d(planes, outside, 1, bias=False), nn.BatchNorm2d(outside)
        self.downsample: nn.Module = nn.Identity()
        if stride != 1 or inside != outside:
            shortcut = nn.Conv2d(inside, outside, 1, stride, bias=False)
            self.downsample = nn.Sequential(shortcut, nn.BatchNorm2d(outside))

    def forward(self, x: Tensor) -> Tensor:
        """``[N, inside, H, W]`` -> ``[N, 4 * planes, H / stride, W / stride]``."""
        y = F.relu(self.bn1(self.conv1(x)))
        y = F.relu(self.bn2(self.conv2(y)))
        return F.relu(self.bn3(self.conv3(y)) + self.downsample(x))


class ResNet(nn.Module):
    """ResNet-152 without its classifier: the stem and the four layers."""

    ignored = "fc."

    def __init__(self, width: float = 1.0) -> None:
        super().__init__()
        planes = [max(1, round(64 * width)) * 2**i for i in range(4)]
        self.channels = (planes[0], *(EXPANSION * n for n in planes))  # at strides 2, 4, 8, 16 and 32
        self.conv1 = nn.Conv2d(1, planes[0], 7, 2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(planes[0])
        inside = planes[0]
        for number, (repeats, n) in enumerate(zip(REPEATS, planes, strict=True), start=1):
            blocks = []
            for i in range(repeats):
                blocks.append(Block(inside, n, 2 if number > 1 and i == 0 else 1))
                inside = n * EXPANSION
            self.add_module(f"layer{number}", nn.Sequential(*blocks))
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, L: Tensor) -> list[Tensor]:
        """Lightness ``[N,1,H,W]`` in 0..100, multiples of 32 -> features at strides 2 to 32, fine to coarse."""
        x = F.relu(self.bn1(self.conv1(normalized_gray(L))))
        features = [x]
        x = F.max_pool2d(x, 3, 2, padding=1)
        for number in range(1, 5):
            x = self.get_submodule(f"layer{number}")(x)
            features.append(x)
        return features

    @staticmethod
    def to_gray(state: dict[str, Tensor], fold: str) -> dict[str, Tensor]:
        """An RGB state dict with its first convolution folded; it has no bias, so the norm's mean takes the rest."""
        weight, constant = fold_rgb(state["conv1.weight"], fold)
        return {**state, "conv1.weight": weight, "bn1.running_mean": state["bn1.running_mean"] - constant}
