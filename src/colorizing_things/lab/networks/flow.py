"""One joint draw of a whole picture's colours: a conditional flow over a small field of ab, seen once, refined once.

A transformer (Peebles & Xie 2023; shared modulation: Chen et al. 2023; rotary positions: Su et al. 2021) over 2 x 2
patches of the ab field at stride 8 is trained by flow matching (Lipman et al. 2023, Liu et al. 2023) to say, at any
time on the way from noise to colours, which colours will be arrived at. What the picture shows comes from
EfficientNet-Lite0; a small convolutional network then brings the field to stride 2 by the picture's own lightness.
"""

from __future__ import annotations

import math
from typing import ClassVar, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from colorizing_things.errors import SettingError
from colorizing_things.lab.color.ab_bins import ab_bins

from .belonging import Belonging
from .efficientnet_lite import BLOCKS, CHANNELS, EfficientNetLite0, load_weights

AB_SCALE = 20.0  # CIELAB units: about the standard deviation of a and b in photographs
STRIDE = 32  # of the picture
FIELD_STRIDE = 8  # of the noise and of the colours that are drawn
OUTPUT_STRIDE = 2  # of the colours after refinement
HEAD = 32  # channels of an attention head
FINE, DETAIL = 48, 24  # channels of the features kept at strides 8 and 4
ROTARY_BASE = 50.0  # tokens: the slowest rotation turns once in about 300


class Seen(NamedTuple):
    """What the network keeps of a picture: ``[N, C, h, w]`` each.

    Attributes:
        tokens: for the transformer, stride 16.
        fine: for its head, stride 8.
        detail: for the refinement, stride 4: features, and the lightness of the 4 x 4 pixels.
        logits: of the colour classes at each place on its own, stride 8.
    """

    tokens: Tensor
    fine: Tensor
    detail: Tensor
    logits: Tensor


class Condition(nn.Module):
    """Features and lightness -> :class:`Seen`."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norms = nn.ModuleList(nn.BatchNorm2d(channels, affine=False) for channels in CHANNELS)
        self.from8 = nn.Conv2d(4 * CHANNELS[1], width, 1)
        self.from16 = nn.Conv2d(CHANNELS[2], width, 1)
        self.from32 = nn.Conv2d(CHANNELS[3], width, 1)
        self.from_lightness = nn.Conv2d(16, width, 1)
        self.from_place = nn.Conv2d(4, width, 1)
        self.mix = nn.Sequential(
            nn.GELU(), nn.Conv2d(width, width, 3, padding=1), nn.GELU(), nn.Conv2d(width, width, 3, padding=1)
        )
        self.fine = nn.Conv2d(CHANNELS[1], FINE, 1)
        self.detail = nn.Conv2d(CHANNELS[0], DETAIL, 1)
        self.classes = nn.Sequential(
            nn.Conv2d(width // 4 + FINE, 96, 3, padding=1), nn.GELU(), nn.Conv2d(96, len(ab_bins()), 1)
        )

    def forward(self, L: Tensor, features: tuple[Tensor, ...]) -> Seen:
        """L* ``[N,1,H,W]`` and the encoder's features at strides 4, 8, 16, 32."""
        f4, f8, f16, f32 = (norm(f) for norm, f in zip(self.norms, features, strict=True))
        light = (L - 50) / 25
        y = self.from8(F.pixel_unshuffle(f8, 2)) + self.from16(f16)
        y = y + F.interpolate(self.from32(f32), scale_factor=2.0, mode="bilinear", align_corners=False)
        y = y + self.from_lightness(F.pixel_unshuffle(F.avg_pool2d(light, 4), 4)) + self.from_place(_places(y))
        y = y + self.mix(y)
        fine = self.fine(f8)
        detail = torch.cat([self.detail(f4), F.pixel_unshuffle(light, 4)], 1)
        logits = self.classes(torch.cat([F.pixel_shuffle(y, 2), fine], 1))
        return Seen(y, torch.cat([fine, F.avg_pool2d(light, 8)], 1), detail, logits)


def _places(like: Tensor) -> Tensor:
    """How far down and across each place lies, 0 to 1, linear and bent: ``[N,4,h,w]``."""
    ones = torch.ones_like(like[:, :1])
    y = (torch.cumsum(ones, 2) - 0.5) / ones.sum(2, keepdim=True)
    x = (torch.cumsum(ones, 3) - 0.5) / ones.sum(3, keepdim=True)
    return torch.cat([2 * y - 1, 2 * x - 1, torch.cos(math.pi * y), torch.cos(2 * math.pi * x)], 1)


def rotary(like: Tensor) -> tuple[Tensor, Tensor]:
    """Cosines and sines ``[h * w, HEAD]`` of the rotations of places: half of the channels by row, half by column."""
    ones = torch.ones_like(like[0, 0], dtype=torch.float32)
    row, column = torch.cumsum(ones, 0).reshape(-1, 1), torch.cumsum(ones, 1).reshape(-1, 1)
    rates = ROTARY_BASE ** (-torch.arange(HEAD // 4, device=like.device, dtype=torch.float32) / (HEAD // 4))
    angles = torch.cat([row * rates, column * rates], 1)
    return torch.cat([angles.cos()] * 2, 1), torch.cat([angles.sin()] * 2, 1)


def _rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    half = x.shape[-1] // 2
    return x * cos + torch.cat([-x[..., half:], x[..., :half]], -1) * sin


class Block(nn.Module):
    """Self-attention and MLP, both modulated by the time (adaLN-single, Chen et al. 2023, section 2.3)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.heads = width // HEAD
        self.norm1 = nn.LayerNorm(width, elementwise_affine=False)
        self.norm2 = nn.LayerNorm(width, elementwise_affine=False)
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.mlp = nn.Sequential(nn.Linear(width, 3 * width), nn.GELU(), nn.Linear(3 * width, width))
        self.table = nn.Parameter(torch.randn(6, width) * 0.02)

    def forward(self, x: Tensor, modulation: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        """``[N, T, width]`` -> the same; ``modulation`` ``[N, 6, width]``."""
        scale1, shift1, gate1, scale2, shift2, gate2 = (modulation + self.table).unsqueeze(2).unbind(1)
        y = self.norm1(x) * (1 + scale1) + shift1
        q, k, v = (part.unflatten(-1, (self.heads, HEAD)).transpose(1, 2) for part in self.qkv(y).chunk(3, -1))
        cos, sin = cos.to(q.dtype), sin.to(q.dtype)
        y = F.scaled_dot_product_attention(_rotate(q, cos, sin), _rotate(k, cos, sin), v)
        x = x + gate1 * self.out(y.transpose(1, 2).flatten(2))
        answer: Tensor = x + gate2 * self.mlp(self.norm2(x) * (1 + scale2) + shift2)
        return answer


class Denoiser(nn.Module):
    """Says from a noisy field and the time which colours it will end in: the flow's expected end point."""

    def __init__(self, width: int, depth: int) -> None:
        super().__init__()
        self.width = width
        self.time = nn.Sequential(
            nn.Linear(64, width), nn.SiLU(), nn.Linear(width, width), nn.SiLU(), nn.Linear(width, 6 * width)
        )
        self.patch = nn.Conv2d(20, width, 1)
        self.blocks = nn.ModuleList(Block(width) for _ in range(depth))
        self.norm = nn.LayerNorm(width)
        self.unpatch = nn.Linear(width, 4 * 32)
        self.head = nn.Sequential(
            nn.Conv2d(32 + FINE + 1 + 5, 48, 3, padding=1), nn.GELU(), nn.Conv2d(48, 2, 3, padding=1)
        )
        self.null = nn.Parameter(torch.zeros(1, width, 1, 1))
        _start_at_zero(self.head[2])

    def forward(self, x: Tensor, t: Tensor, known: Tensor, mask: Tensor, tokens: Tensor, fine: Tensor) -> Tensor:
        """Expected end point.

        Args:
            x: the field at time ``t``, ``[N,2,h,w]``, ab / 20.
            t: 0 (noise) to 1 (colours), ``[N]``.
            known: colours that are given, ``[N,2,h,w]``, ab / 20; 0 where none is.
            mask: how sure they are, ``[N,1,h,w]``, 0 (not given) to 1.
            tokens, fine: see :class:`Seen`.

        Returns:
            ``[N,2,h,w]``, ab / 20.
        """
        rates = torch.exp(torch.arange(32, device=x.device) * (-math.log(1000) / 32)) * 1000
        angles = t[:, None] * rates
        modulation = self.time(torch.cat([angles.sin(), angles.cos()], 1)).unflatten(1, (6, self.width))
        given = torch.cat([x, known, mask], 1)
        y = tokens + self.patch(F.pixel_unshuffle(given, 2))
        cos, sin = rotary(y)
        rows, columns = y.shape[-2:]
        y = y.flatten(2).transpose(1, 2)
        for block in self.blocks:
            y = block(y, modulation, cos, sin)
        y = self.unpatch(self.norm(y)).transpose(1, 2).unflatten(2, (rows, columns))
        ab: Tensor = self.head(torch.cat([F.pixel_shuffle(y, 2), fine, given], 1))
        return ab

    def unconditional(self, tokens: Tensor, fine: Tensor) -> tuple[Tensor, Tensor]:
        """What stands for "no picture", for classifier-free guidance (Ho & Salimans 2022)."""
        return self.null.expand_as(tokens), torch.zeros_like(fine)


def _start_at_zero(layer: nn.Module) -> None:
    for parameter in layer.parameters():
        nn.init.zeros_(parameter)


class Refinement(nn.Module):
    """The field at stride 8 -> stride 2, along the edges of the picture."""

    def __init__(self, width: int = 64) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(2 + DETAIL + 16, width, 3, padding=1),
            nn.GELU(),
            nn.Conv2d(width, width, 3, padding=1),
            nn.GELU(),
            nn.Conv2d(width, 8, 3, padding=1),
        )
        _start_at_zero(self.layers[4])

    def forward(self, field: Tensor, detail: Tensor) -> Tensor:
        """``[N,2,h,w]`` (ab / 20, stride 8) and :attr:`Seen.detail` -> ``[N,2,4h,4w]`` (ab / 20, stride 2)."""
        twice = F.interpolate(field, scale_factor=2.0, mode="bilinear", align_corners=False)
        change = F.pixel_shuffle(self.layers(torch.cat([twice, detail], 1)), 2)
        return F.interpolate(field, scale_factor=4.0, mode="bilinear", align_corners=False) + change


class Answer(NamedTuple):
    """What the network says in training, ``[N, C, h, w]`` each.

    Attributes:
        end: where the flow will end, ab / 20 at stride 8.
        ab: the same refined, ab / 20 at stride 2; ``end`` learns nothing from it.
        logits: of the colour classes, stride 8.
    """

    end: Tensor
    ab: Tensor
    logits: Tensor


class Flow(nn.Module):
    """The whole network: 2.8 M parameters of encoder, 6.2 M of the rest at width 256 and depth 6.

    Args:
        width: channels of the transformer, a multiple of 32.
        depth: its blocks.
        frozen: the encoder's first blocks, of 16, that do not learn; its first layer never does.
        weights: of the encoder: imagenet, which comes with the package, none or a file.
    """

    stride: ClassVar[int] = STRIDE
    output_stride: ClassVar[int] = OUTPUT_STRIDE

    def __init__(self, width: int = 256, depth: int = 6, frozen: int = 16, weights: str = "imagenet") -> None:
        super().__init__()
        self.encoder = EfficientNetLite0(frozen)
        load_weights(self.encoder, weights)
        self.condition = Condition(width)
        self.denoiser = Denoiser(width, depth)
        self.refinement = Refinement()
        self.belonging = Belonging(width, FINE + 1)

    @classmethod
    def check(cls, size: int, width: int = 256, frozen: int = 16, **_: object) -> None:
        """The transformer's heads are of 32 channels.

        Raises:
            SettingError: a width that they do not divide, or more blocks frozen than there are.
        """
        if width % HEAD or width <= 0:
            raise SettingError(f"width {width}: must be a multiple of {HEAD}")
        if not 0 <= frozen <= BLOCKS:
            raise SettingError(f"frozen {frozen}: must be 0 to {BLOCKS}, the encoder's blocks")

    def forward(self, L: Tensor, x: Tensor, t: Tensor, known: Tensor, mask: Tensor, dropped: Tensor) -> Answer:
        """One question of training: see :class:`Denoiser` for ``x``, ``t``, ``known``, ``mask``.

        Args:
            L: L* ``[N,1,H,W]``, 0..100, sides multiples of 32.
            dropped: bool ``[N]``: pictures that the denoiser is not shown, so that it learns to guess without
                (classifier-free guidance, Ho & Salimans 2022).
        """
        seen = self.see(L)
        blind = dropped[:, None, None, None]
        no_tokens, no_fine = self.denoiser.unconditional(seen.tokens, seen.fine)
        tokens = torch.where(blind, no_tokens.to(seen.tokens.dtype), seen.tokens)
        end = self.denoiser(x, t, known, mask, tokens, torch.where(blind, no_fine, seen.fine))
        return Answer(end, self.refinement(end.detach(), seen.detail), seen.logits)

    def see(self, L: Tensor) -> Seen:
        """L* ``[N,1,H,W]``, 0..100, sides multiples of 32."""
        seen: Seen = self.condition(L, self.encoder(L))
        return seen


def draw(
    denoiser: Denoiser, seen: Seen, z: Tensor, known: Tensor, mask: Tensor, times: tuple[float, ...],
    guidance: float = 1.0,
) -> Tensor:  # fmt: skip
    """Follow the flow from noise through ``times`` (the first is 0) and take the end expected from the last.

    Stopping early draws the large decisions and averages the fine detail.

    Args:
        denoiser: of a :class:`Flow`.
        seen: of :meth:`Flow.see`.
        z: noise ``[N,2,h,w]`` at stride 8; zeros are the mean.
        known, mask: see :class:`Denoiser`.
        times: when the network is asked.
        guidance: 1 is none.

    Returns:
        ab / 20 at stride 8.
    """
    x, end = z, z
    for number, time in enumerate(times):
        t = torch.full_like(z[:, 0, 0, 0], time)
        end = guided(denoiser, seen, x, t, known, mask, guidance)
        if number + 1 < len(times):
            x = x + (times[number + 1] - time) / (1 - time) * (end - x)
    return end


def guided(
    denoiser: Denoiser, seen: Seen, x: Tensor, t: Tensor, known: Tensor, mask: Tensor, guidance: float
) -> Tensor:
    """The end expected with the picture, pushed away from the one expected without it (Ho & Salimans 2022)."""
    if guidance == 1:
        return denoiser(x, t, known, mask, seen.tokens, seen.fine).to(x.dtype)  # type: ignore[no-any-return]
    without = denoiser.unconditional(seen.tokens, seen.fine)
    pairs = zip((seen.tokens, seen.fine), without, strict=True)
    tokens, fine = (torch.cat([own, nothing.to(own.dtype)]) for own, nothing in pairs)
    both = (torch.cat([value, value]) for value in (x, t, known, mask))
    end, plain = denoiser(*both, tokens, fine).to(x.dtype).chunk(2)
    steered: Tensor = plain + guidance * (end - plain)
    return steered


def known_places(hint_ab: Tensor, hint_mask: Tensor) -> tuple[Tensor, Tensor]:
    """Hints at the picture's size -> the field's: ``known`` ``[N,2,h,w]`` (ab / 20), ``mask`` ``[N,1,h,w]``.

    Args:
        hint_ab: ``[N,2,H,W]``, CIELAB units.
        hint_mask: ``[N,1,H,W]``, 0 (no hint) to 1 (sure).
    """
    share = F.avg_pool2d(hint_mask, FIELD_STRIDE)
    mask = F.max_pool2d(hint_mask, FIELD_STRIDE)
    known = F.avg_pool2d(hint_ab * hint_mask, FIELD_STRIDE) / (share.clamp_min(1e-6) * AB_SCALE)
    return known * mask, mask
