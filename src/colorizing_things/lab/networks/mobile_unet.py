"""The network of recipe ``mobile-unet``, the default until the flow: MobileNetV2, hints, a U-Net, three small heads."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from colorizing_things.lab.color.ab_bins import ab_bins

from .attention import ColorQueries
from .decoders import UNetDecoder
from .encoders import MobileNetV2
from .hint_pyramid import AB_SCALE, HintPyramid


@dataclass
class MobileUNetOutput:
    """What the network says: all at a quarter of the picture's size but the features.

    ``ab`` [N,2,h,w] CIELAB units; ``logits`` [N,Q,h,w] over the ab bins, or [N,P,Q] at the positions asked
    for; ``confidence_logits`` [N,1,h,w]; ``features`` [N,C,H/8,W/8] of what each place shows.
    """

    ab: Tensor
    logits: Tensor
    confidence_logits: Tensor
    features: Tensor


class MobileUNet(nn.Module):
    """Lightness -> ab twice over (313 classes, and a regression beside them) and how sure it is.

    Classification gives bold colours, regression right ones (Zhang et al. 2016, table 1); decoding chooses
    between them after training.

    Args:
        widths: channels of the decoder at strides 16, 8 and 4.
        queries: how many colour queries look at the whole picture.
        query_layers: of the queries' decoder.
        query_width: channels of the queries.
        weights: of MobileNetV2: ``imagenet``, which comes with the package, or ``none``.
    """

    stride = 32
    output_stride = 4

    def __init__(
        self,
        widths: tuple[int, int, int] = (160, 96, 64),
        queries: int = 32,
        query_layers: int = 4,
        query_width: int = 128,
        weights: str = "imagenet",
    ) -> None:
        super().__init__()
        self.encoder = MobileNetV2(weights)
        self.hints = HintPyramid(self.encoder.channels[1:])
        self.decoder = UNetDecoder(self.encoder.channels, widths)
        scales = (self.encoder.channels[-1], *widths[:2])
        self.queries = ColorQueries(scales, widths[2], queries, query_layers, query_width)
        features = widths[2] + queries
        self.classify = nn.Linear(features, len(ab_bins()))
        self.regress = nn.Conv2d(features, 2, 1)
        self.confide = nn.Conv2d(features, 1, 1)

    def forward(
        self, L: Tensor, hint_ab: Tensor | None = None, hint_mask: Tensor | None = None, at: Tensor | None = None
    ) -> MobileUNetOutput:
        """Colour a batch.

        Args:
            L: lightness ``[N,1,H,W]``, 0..100, H and W multiples of 32.
            hint_ab: ``[N,2,H,W]`` in CIELAB units; None for none anywhere.
            hint_mask: ``[N,1,H,W]``, 0 (no hint) to 1 (to be trusted).
            at: flat positions ``[P]`` in the output grid to classify; None for all. In training a fraction
                is enough, and the 313-way softmax is half of a step's cost.
        """
        if hint_ab is None or hint_mask is None:
            hint_ab, hint_mask = torch.zeros_like(L).expand(-1, 2, -1, -1), torch.zeros_like(L)
        finest, *features = self.encoder(L)
        features = [finest, *(x + y for x, y in zip(features, self.hints(hint_ab, hint_mask), strict=True))]
        decoded = self.decoder(features)
        maps = self.queries([features[-1], *decoded[:2]], decoded[-1])
        pixels = torch.cat([decoded[-1], maps.to(decoded[-1].dtype)], dim=1)
        flat = pixels.flatten(2).transpose(1, 2)
        logits = self.classify(flat if at is None else flat[:, at])
        if at is None:
            logits = logits.transpose(1, 2).unflatten(2, pixels.shape[-2:])
        return MobileUNetOutput(
            self.regress(pixels).float() * AB_SCALE, logits, self.confide(pixels.detach()), decoded[1]
        )
