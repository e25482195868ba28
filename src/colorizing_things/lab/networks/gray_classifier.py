"""A grey VGG that learns to say what MobileNetV2 says of the colour picture: how our own encoders are made."""

from __future__ import annotations

from importlib.resources import files

from safetensors.torch import load
from torch import Tensor, nn

from colorizing_things.errors import SettingError

from .mobilenet import MAPPED
from .vgg import BLOCKS, VGG


class GrayClassifier(nn.Module):
    """A VGG with batch norm, its pooled features brought to the teacher's, and the teacher's own last layer.

    Args:
        encoder: ``vgg16`` or ``vgg19``.
        width: factor on the number of channels.
    """

    def __init__(self, encoder: str = "vgg16", width: float = 1.0) -> None:
        super().__init__()
        self.check(encoder=encoder, width=width)
        self.name = encoder
        self.encoder = VGG(int(encoder[3:]), width, batch_norm=True)
        state = load((files("colorizing_things.lab") / "features" / "mobilenet_v2.safetensors").read_bytes())
        weight, bias = state["classifier.weight"].float()[:, :, 0, 0], state["classifier.bias"].float()
        self.to_features = nn.Linear(self.encoder.channels[-1], weight.shape[1])
        self.classify = nn.Linear(weight.shape[1], weight.shape[0])
        self.classify.load_state_dict({"weight": weight, "bias": bias})
        pairs = zip(self.encoder.channels[2:], MAPPED.values(), strict=True)
        self.to_maps = nn.ModuleList(nn.Conv2d(inside, outside, 1) for inside, outside in pairs)

    @staticmethod
    def check(size: int = 0, encoder: str = "vgg16", width: float = 1.0) -> None:
        """Say what is wrong with the settings, before anything is built."""
        choices = [f"vgg{depth}" for depth in BLOCKS]
        if encoder not in choices:
            raise SettingError(f"encoder {encoder!r} cannot be distilled into: choose {', '.join(choices)}")
        if not 0 < width <= 1:
            raise SettingError(f"width {width}: above 0 and at most 1")

    def forward(self, L: Tensor) -> tuple[Tensor, Tensor, list[Tensor]]:
        """Lightness ``[N,1,H,W]`` in 0..100, multiples of 32 -> the teacher's answers as the student sees them.

        Returns:
            features ``[N,1280]``, logits ``[N,1001]``, and maps at strides 8, 16 and 32.
        """
        scales = self.encoder(L)
        features = self.to_features(scales[-1].mean((2, 3)))
        maps = [to_map(x) for to_map, x in zip(self.to_maps, scales[2:], strict=True)]
        return features, self.classify(features), maps
