"""MobileNetV2 on RGB: the features of the distances, and the classifier of the semantic agreement."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from safetensors.torch import load
from torch import Tensor, nn

from colorizing_things.errors import ModelError
from colorizing_things.lab.networks.mobilenet import BLOCKS, MAPPED, STAGES, add_blocks, same_pad

from .protocol import PROTOCOL

FEATURES, CLASSES = 1280, 1001  # class 0 is the background


class FeatureNetwork(nn.Module):
    """MobileNetV2 1.0 with its head and classifier, batch norm folded away (Sandler et al. 2018, table 2)."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 32, 3, 2)
        add_blocks(self)
        self.head = nn.Conv2d(STAGES[-1][0], FEATURES, 1)
        self.classifier = nn.Conv2d(FEATURES, CLASSES, 1)

    def forward(self, rgb: Tensor) -> Tensor:
        """SRGB uint8 ``[N,3,H,W]`` of any size -> pooled features ``[N,1280]``, 0..6.

        Pictures are squeezed to 224 x 224 by averaging, as the protocol says.
        """
        side = PROTOCOL.feature_side
        return self.pooled(F.interpolate(rgb.float(), size=(side, side), mode="area") / 127.5 - 1)

    def pooled(self, x: Tensor) -> Tensor:
        """SRGB -1..1 ``[N,3,H,W]``, sides multiples of 32 -> pooled features ``[N,1280]``, 0..6."""
        return self.pooled_with_maps(x)[0]

    def pooled_with_maps(self, x: Tensor) -> tuple[Tensor, list[Tensor]]:
        """The pooled features, and what the blocks ``MAPPED`` give: maps at strides 8, 16 and 32."""
        x = F.relu6(self.stem(same_pad(x)))
        maps = []
        for number in range(1, BLOCKS + 1):
            x = self.get_submodule(f"block{number}")(x)
            if number in MAPPED:
                maps.append(x)
        return F.relu6(self.head(x)).mean((-2, -1)), maps

    def classify(self, features: Tensor) -> Tensor:
        """Features ``[N,1280]`` -> class probabilities ``[N,1001]``."""
        return torch.softmax(self.classifier(features[..., None, None])[..., 0, 0], dim=-1)


@cache
def feature_network() -> FeatureNetwork:
    """The packaged ImageNet weights in fp32, frozen; one a process."""
    data = (files("colorizing_things.lab") / "features" / "mobilenet_v2.safetensors").read_bytes()
    if hashlib.sha256(data).hexdigest() != PROTOCOL.feature_sha256:
        raise ModelError("lab/features/mobilenet_v2.safetensors: not the weights that protocol.json names; reinstall")
    network = FeatureNetwork()
    network.load_state_dict({key: value.float() for key, value in load(data).items()})
    return network.eval().requires_grad_(False)


@torch.inference_mode()
def features_of(rgb: Tensor) -> Tensor:
    """Pooled features of one picture, alone, so that batches change nothing: ``[3,H,W]`` -> ``[1280]``."""
    features: Tensor = feature_network()(rgb[None].cpu())[0]
    return features


@torch.inference_mode()
def probabilities(features: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """Class probabilities of recorded features: ``[N,1280]`` -> ``[N,1001]``."""
    given = torch.from_numpy(np.asarray(features, np.float32))
    return np.concatenate([feature_network().classify(part).double().numpy() for part in given.split(256)])
