"""SqueezeNet 1.1 (Iandola et al. 2016) on RGB, frozen: what the perceptual loss looks through.

Not MobileNetV2, so that figures computed with that one stay independent of the training.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import torch
import torch.nn.functional as F
from safetensors.torch import load
from torch import Tensor, nn

MEAN = (123.68, 116.779, 103.939)  # of RGB 0..255
SQUEEZED = {2: 16, 3: 16, 4: 32, 5: 32, 6: 48, 7: 48, 8: 64, 9: 64}  # channels inside each fire
EXPANSION = 8  # a fire gives so many times what it squeezes to, half by 1x1 and half by 3x3
POOLED_AFTER = (3, 5)
TAPS = (3, 5, 7, 9)  # fires whose output is given: strides 4, 8, 16, 16


class Fire(nn.Module):
    """Squeeze 1x1, then expand 1x1 and 3x3 side by side."""

    def __init__(self, inside: int, squeezed: int) -> None:
        super().__init__()
        half = squeezed * EXPANSION // 2
        self.squeeze1x1 = nn.Conv2d(inside, squeezed, 1)
        self.expand1x1 = nn.Conv2d(squeezed, half, 1)
        self.expand3x3 = nn.Conv2d(squeezed, half, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """``[N,C,H,W]`` -> ``[N,8*squeezed,H,W]``."""
        x = F.relu(self.squeeze1x1(x))
        return F.relu(torch.cat([self.expand1x1(x), self.expand3x3(x)], dim=1))


class SqueezeNet(nn.Module):
    """The convolutions, without the classifier."""

    mean: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 3, 2)
        inside = 64
        for number, squeezed in SQUEEZED.items():
            self.add_module(f"fire{number}", Fire(inside, squeezed))
            inside = squeezed * EXPANSION
        self.register_buffer("mean", torch.tensor(MEAN)[:, None, None], persistent=False)

    def forward(self, rgb: Tensor) -> list[Tensor]:
        """SRGB 0..1 ``[N,3,H,W]`` -> the features behind ``TAPS``."""
        x = F.max_pool2d(F.relu(self.conv1(rgb * 255 - self.mean)), 3, 2, ceil_mode=True)
        features = []
        for number in SQUEEZED:
            x = self.get_submodule(f"fire{number}")(x)
            if number in TAPS:
                features.append(x)
            if number in POOLED_AFTER:
                x = F.max_pool2d(x, 3, 2, ceil_mode=True)
        return features


@cache
def squeezenet() -> SqueezeNet:
    """The packaged ImageNet weights in fp32, frozen; one a process."""
    with torch.random.fork_rng(devices=[]):  # made once a process: what is drawn after it must not depend on that
        network = SqueezeNet()
    data = (files("colorizing_things.lab") / "features" / "squeezenet1_1.safetensors").read_bytes()
    network.load_state_dict({key: value.float() for key, value in load(data).items()})
    return network.eval().requires_grad_(False)
