"""A grey VGG that learns to say what MobileNetV2 says of the colour picture: how our own encoders are made."""

from __future__ import annotations

from importlib.resources import files

from safetensors.torch import load
from torch import Tensor, nn

from colorizing_things.errors import SettingError

from .vgg import BLOCKS, VGG


class GreyClassifier(nn.Module):
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

    @staticmethod
    def check(size: int = 0, encoder: str = "vgg16", width: float = 1.0) -> None:
        """Say what is wrong with the settings, before anything is built."""
        choices = [f"vgg{depth}" for depth in BLOCKS]
        if encoder not in choices:
            raise SettingError(f"encoder {encoder!r} cannot be distilled into: choose {', '.join(choices)}")
        if not 0 < width <= 1:
            raise SettingError(f"width {width}: above 0 and at most 1")

    def forward(self, L: Tensor) -> tuple[Tensor, Tensor]:
        """Lightness ``[N,1,H,W]`` in 0..100, multiples of 32 -> features ``[N,1280]`` and logits ``[N,1001]``."""
        features = self.to_features(self.encoder(L)[-1].mean((2, 3)))
        return features, self.classify(features)
