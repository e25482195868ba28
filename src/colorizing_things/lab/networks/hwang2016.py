"""The residual ("summation") encoder of Hwang & Zhou, CS231n 2016, after Ryan Dahl's Automatic Colorization.

VGG16 up to conv4_3, then back up to full size: each step doubles the size, adds the batch-normalized feature
of the encoder at that size and convolves. Wiring and widths are those of the public implementation of Dahl's
network (Armour/Automatic-Image-Colorization); the paper's own figures could not be read, so what is ours is
marked.
"""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from colorizing_things.errors import SettingError
from colorizing_things.lab.objectives.uv_classification import annealed_uv, uv_centers

from .encoders import build_encoder, check_encoder
from .gray import normalized_gray

HEADS = ("uv", "bins")
UV_SCALE = 50.0  # CIELUV units: keeps the regression's raw output near unit size (our choice)
CONV4_3 = 23  # layers of torchvision's VGG16 up to and with that convolution's ReLU
SHALLOW = {"uv": 3, "bins": 64}  # channels at full size: Dahl's 3; 3 cannot carry 100 logits, so 64 (our choice)


def _block(inside: int, outside: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inside, outside, 3, padding=1, bias=False), nn.BatchNorm2d(outside), nn.ReLU())


class Hwang2016(nn.Module):
    """Lightness -> u* and v*, or logits of their bins, at full size.

    Args:
        width: factor on every channel count; 1 is the paper's.
        head: ``uv`` regresses; ``bins`` gives ``2 x bins`` logits, u* first.
        bins: of u* and of v* each (50: our choice of what could not be confirmed).
        weights: of VGG16, as :func:`.build_encoder`.
    """

    stride = 8
    output_stride = 1

    def __init__(self, width: float = 1.0, head: str = "uv", bins: int = 50, weights: str = "imagenet") -> None:
        super().__init__()
        self.check(width, head, bins, weights)
        self.head, self.bins = head, bins
        self.encoder = build_encoder("vgg16", weights, width)
        self.encoder.features = self.encoder.features[:CONV4_3]  # type: ignore[index]
        fine, d2, d3, d4 = (m.out_channels for m in _last_convolutions(self.encoder))
        shallow = SHALLOW[head]
        self.skips = nn.ModuleList(nn.BatchNorm2d(c) for c in (3, fine, d2, d3, d4))
        self.block4 = nn.Sequential(nn.Conv2d(d4, d3, 1), nn.ReLU())
        self.block3, self.block2, self.block1 = _block(d3, d2), _block(d2, fine), _block(fine, shallow)
        self.widen = nn.Identity() if shallow == 3 else nn.Conv2d(3, shallow, 1)
        self.block0 = _block(shallow, shallow)
        self.out = nn.Conv2d(shallow, 2 if head == "uv" else 2 * bins, 3, padding=1)

    @staticmethod
    def check(width: float = 1.0, head: str = "uv", bins: int = 50, weights: str = "imagenet", **_: object) -> None:
        """Say what is wrong with the settings, before anything is built."""
        if head not in HEADS:
            raise SettingError(f"head {head!r}: choose {', '.join(HEADS)}")
        if not isinstance(bins, int) or bins < 2:
            raise SettingError(f"bins {bins}: must be a whole number, 2 or more")
        check_encoder("vgg16", weights, width)

    def forward(self, L: Tensor) -> Tensor:
        """Lightness ``[N,1,H,W]`` in 0..100, H and W multiples of 8.

        Returns:
            ``[N,2,H,W]`` in CIELUV units, or logits ``[N,2*bins,H,W]``.
        """
        gray = normalized_gray(L).expand(-1, 3, -1, -1)
        s0, s1, s2, s3, s4 = (
            norm(x) for norm, x in zip(self.skips, [gray, *self.encoder.scales(L)], strict=True)  # type: ignore[operator]
        )  # fmt: skip
        x = self.block4(s4)
        for block, skip in ((self.block3, s3), (self.block2, s2), (self.block1, s1)):
            x = block(F.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False) + skip)
        answer: Tensor = self.out(self.block0(x + self.widen(s0)))
        return answer.float() * UV_SCALE if self.head == "uv" else answer

    def uv(self, answer: Tensor, temperature: float) -> Tensor:
        """What :meth:`forward` gave -> u* and v* ``[N,2,H,W]``, by the annealed mean where it was logits."""
        if self.head == "uv":
            return answer
        return annealed_uv(answer, uv_centers(self.bins).to(answer.device), temperature)


def _last_convolutions(encoder: nn.Module) -> list[nn.Conv2d]:
    """The last convolution before each pooling, and the very last."""
    found: list[nn.Conv2d] = []
    last: nn.Conv2d | None = None
    for layer in encoder.features:  # type: ignore[union-attr]
        if isinstance(layer, nn.Conv2d):
            last = layer
        elif isinstance(layer, nn.MaxPool2d):
            assert last is not None
            found.append(last)
    assert last is not None
    return [*found, last]
