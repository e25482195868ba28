"""VGG-16 and VGG-19 (Simonyan & Zisserman 2014, table 1, D and E) on one grey channel, by torchvision's keys."""

from __future__ import annotations

import copy
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from .gray import fold_rgb, normalized_gray

# convolutions of each block; channels of each block at width 1
BLOCKS = {16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}
CHANNELS = (64, 128, 256, 512, 512)


class VGG(nn.Module):
    """The convolutional part of VGG: features before each pooling, and after the last.

    ``features`` is torchvision's, layer by layer, so that its published state dicts load strictly (without
    their classifier). With ``batch_norm`` it is torchvision's ``vgg16_bn``; :func:`fold_batch_norm` makes the
    plain network of it.
    """

    ignored = "classifier."  # keys of the published state dicts that are not ours

    def __init__(self, depth: int = 16, width: float = 1.0, batch_norm: bool = False) -> None:
        super().__init__()
        self.depth, self.width, self.batch_norm = depth, width, batch_norm
        wide = tuple(max(1, round(channels * width)) for channels in CHANNELS)
        self.channels = (*wide[1:], wide[-1])  # at strides 2, 4, 8, 16 and 32
        layers: list[nn.Module] = []
        inside = 1
        for repeats, outside in zip(BLOCKS[depth], wide, strict=True):
            for _ in range(repeats):
                layers.append(nn.Conv2d(inside, outside, 3, padding=1))
                layers.extend([nn.BatchNorm2d(outside)] if batch_norm else [])
                layers.append(nn.ReLU(inplace=True))
                inside = outside
            layers.append(nn.MaxPool2d(2))
        self.features = nn.Sequential(*layers)
        for layer in self.features:
            if isinstance(layer, nn.Conv2d):  # He et al. 2015: without it 16 layers of ReLU fade to nothing
                nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
                nn.init.zeros_(layer.bias)  # type: ignore[arg-type]

    def scales(self, L: Tensor) -> list[Tensor]:
        """Lightness ``[N,1,H,W]`` in 0..100 -> features at strides 1, 2, 4, 8, 16 (before pooling) and 32."""
        x, found = normalized_gray(L), []
        for layer in self.features:
            if isinstance(layer, nn.MaxPool2d):
                found.append(x)
            x = layer(x)
        return [*found, x]

    def forward(self, L: Tensor) -> list[Tensor]:
        """Lightness ``[N,1,H,W]`` in 0..100, multiples of 32 -> features at strides 2 to 32, fine to coarse."""
        return self.scales(L)[1:]

    @staticmethod
    def to_gray(state: dict[str, Tensor], fold: str) -> dict[str, Tensor]:
        """An RGB state dict with its first convolution folded (:func:`.fold_rgb`)."""
        weight, constant = fold_rgb(state["features.0.weight"], fold)
        return {**state, "features.0.weight": weight, "features.0.bias": state["features.0.bias"] + constant}


@torch.no_grad()
def fold_batch_norm(network: VGG) -> VGG:
    """A VGG with batch norm -> the plain VGG that computes the same in eval mode."""
    plain = VGG(network.depth, network.width)
    targets = [layer for layer in plain.features if isinstance(layer, nn.Conv2d)]
    pairs = pairwise(copy.deepcopy(network.features).eval())
    fused = [
        fuse_conv_bn_eval(conv, norm)
        for conv, norm in pairs
        if isinstance(conv, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d)
    ]
    for target, conv in zip(targets, fused, strict=True):
        target.load_state_dict(conv.state_dict())
    return plain.eval()
