"""The dilated VGG-style network of Zhang, Isola, Efros: Colorful Image Colorization (ECCV 2016).

The second release's layers: 22 convolutions and no pooling, three of them with stride 2, two blocks dilated, batch
norm after the last ReLU of blocks 1 to 7.

State-dict keys are those of the published PyTorch port (richzhang/colorization, ``colorizers/eccv16.py``), so that
its checkpoint loads into the full width with ``load_state_dict(..., strict=True)``::

    model1.0 model1.2 | model2.0 model2.2 | model3.0 .2 .4 | ... | model7.0 .2 .4   convolutions, with bias
    model1.4 model2.4   model3.6 ... model7.6                                       affine BatchNorm2d
    model8.0 (ConvTranspose2d) model8.2 model8.4 model8.6 (1x1, 313 logits)         no batch norm
    model_out.weight [2, 313, 1, 1]                                                 bins' centres / 110, fixed

The paper's own Caffe batch norm has no scale and shift; the port's, and ours, has.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from colorizing_things.errors import SettingError
from colorizing_things.lab.color.ab_bins import ab_bins

AB_NORM = 110.0  # ab units: the port's scale of what model_out gives
REGRESSION_SCALE = 40.0  # ab units: keeps the L2 head's raw output near unit size (our choice)
# outside, stride and dilation of each 3x3 convolution, block by block (the release's prototxt)
BLOCKS: tuple[tuple[tuple[int, int, int], ...], ...] = (
    ((64, 1, 1), (64, 2, 1)),
    ((128, 1, 1), (128, 2, 1)),
    ((256, 1, 1), (256, 1, 1), (256, 2, 1)),
    ((512, 1, 1),) * 3,
    ((512, 1, 2),) * 3,
    ((512, 1, 2),) * 3,
    ((512, 1, 1),) * 3,
)
HEADS = ("classes", "ab")


def scaled(channels: int, width: float) -> int:
    """``channels`` times ``width``, as a multiple of 8 and at least 8."""
    return max(8, round(channels * width / 8) * 8)


class Zhang2016(nn.Module):
    """Lightness -> logits over the 313 ab bins, or ab itself, at a quarter of the size.

    Args:
        width: factor on every channel count; 1 is the paper's network: 32.24 M parameters.
        head: ``classes`` or, for the paper's L2 baseline (eq. 1), ``ab``.
    """

    stride = 8
    output_stride = 4

    def __init__(self, width: float = 1.0, head: str = "classes") -> None:
        super().__init__()
        self.check(width, head)
        self.head = head
        inside = 1
        for number, block in enumerate(BLOCKS, start=1):
            layers: list[nn.Module] = []
            for channels, stride, dilation in block:
                outside = scaled(channels, width)
                layers += [nn.Conv2d(inside, outside, 3, stride, dilation, dilation), nn.ReLU()]
                inside = outside
            self.add_module(f"model{number}", nn.Sequential(*layers, nn.BatchNorm2d(inside)))
        self.feature_channels = inside
        narrow = scaled(256, width)
        self.model8 = nn.Sequential(
            nn.ConvTranspose2d(inside, narrow, 4, 2, 1), nn.ReLU(),
            nn.Conv2d(narrow, narrow, 3, 1, 1), nn.ReLU(),
            nn.Conv2d(narrow, narrow, 3, 1, 1), nn.ReLU(),
            nn.Conv2d(narrow, len(ab_bins()) if head == "classes" else 2, 1),
        )  # fmt: skip
        if head == "classes":
            self.model_out = nn.Conv2d(len(ab_bins()), 2, 1, bias=False)
            self.model_out.weight = nn.Parameter(
                torch.from_numpy(ab_bins() / AB_NORM).T[:, :, None, None].contiguous(), requires_grad=False
            )

    @staticmethod
    def check(width: float = 1.0, head: str = "classes", **_: object) -> None:
        """Say what is wrong with the settings, before anything is built."""
        if not 0 < width <= 4:
            raise SettingError(f"width {width}: must be above 0 and at most 4 (1 is the paper's)")
        if head not in HEADS:
            raise SettingError(f"head {head!r}: choose {', '.join(HEADS)}")

    def features(self, L: Tensor) -> Tensor:
        """Lightness ``[N,1,H,W]`` -> conv7_3 after its ReLU and before batch norm, ``[N,512*width,H/8,W/8]``.

        What Deshpande et al. 2017 take as their grey features.
        """
        x = (L - 50) / 100
        for number in range(1, 7):
            x = self.get_submodule(f"model{number}")(x)
        features: Tensor = self.get_submodule("model7")[:-1](x)  # type: ignore[index]
        return features

    def forward(self, L: Tensor) -> Tensor:
        """Lightness ``[N,1,H,W]`` in 0..100, H and W multiples of 8 -> logits ``[N,313,H/4,W/4]`` or ab.

        ab ``[N,2,H/4,W/4]`` is in CIELAB units.
        """
        answer: Tensor = self.model8(self.get_submodule("model7")[-1](self.features(L)))  # type: ignore[index]
        return answer if self.head == "classes" else answer.float() * REGRESSION_SCALE

    def annealed_mean(self, logits: Tensor, temperature: float) -> Tensor:
        """Logits ``[N,313,h,w]`` -> ab ``[N,2,h,w]`` in CIELAB units, through ``model_out`` (eq. 5)."""
        ab: Tensor = self.model_out(torch.softmax(logits.float() / temperature, dim=1)) * AB_NORM
        return ab
