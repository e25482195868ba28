"""Distils MobileNetV2's opinion of a colour picture into a grey VGG (Hinton et al. 2015)."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

import kornia.color
import numpy as np
import torch
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor, nn

from colorizing_things.errors import SettingError
from colorizing_things.lab.config.recipe import Stage
from colorizing_things.lab.config.settings import Count, Positive, Weight
from colorizing_things.lab.data.batches import Batch
from colorizing_things.lab.data.photographs import Photographs
from colorizing_things.lab.data.planes import to_lab
from colorizing_things.lab.metrics.features import FeatureNetwork, feature_network
from colorizing_things.lab.networks.vgg import fold_batch_norm
from colorizing_things.lab.objectives.distillation import agreement, distillation, feature_distance, map_distance

from .base import Method, Rates

MEASURED = 512  # dev pictures


class Distil(Method):
    """The teacher sees the colour picture, the student the grey one, aged or not, and smaller if ``shrink`` says so."""

    networks: ClassVar[tuple[str, ...]] = ("gray-classifier",)

    @classmethod
    def default_rates(cls, settings: dict[str, Any]) -> Rates:
        """One rate: nothing here is pretrained but the last layer."""
        return Rates(1e-3, 1e-3)

    @classmethod
    def check(cls, stage: Stage) -> None:
        """The teacher needs colour at full size, and the student sizes that its strides divide."""
        super().check(stage)
        shrink = stage.method.settings.get("shrink", 1)
        if stage.data.size % (32 * shrink):
            raise SettingError(f"shrink {shrink}: size / shrink must be a multiple of 32")
        if stage.data.target_stride != 1:
            raise SettingError("target_stride: must be 1, the teacher sees the colour picture at its full size")

    def prepare(
        self, temperature: Positive = 2.0, features: Weight = 2.0, maps: Weight = 4.0, shrink: Count = 1,
        teacher_size: Annotated[int, Field(ge=32)] = 192,
    ) -> None:  # fmt: skip
        """What is matched.

        Args:
            temperature: of both class distributions.
            features: weight of 1 - cosine of the pooled features, beside the classes' T^2 KL.
            maps: weight of the same at each place of the maps at strides 8, 16 and 32: what makes a student learn
                from few pictures.
            shrink: the student sees pictures so many times smaller: cheap steps first, larger ones after.
            teacher_size: side in px that the teacher's pictures are brought to; it was trained at 224.
        """
        self.temperature, self.features, self.maps = temperature, features, maps
        self.shrink, self.teacher_size = shrink, teacher_size
        self.teacher = feature_network().to(self.fabric.device)

    def step(self, batch: Batch) -> dict[str, Tensor]:
        """One step of the student."""
        rgb = kornia.color.lab_to_rgb(torch.cat([batch.clean_L, batch.ab], 1))
        with torch.no_grad(), self.fabric.autocast():
            teacher_features, classes, teacher_maps = answers(self.teacher, rgb, self.teacher_size)
        L = F.avg_pool2d(batch.L, self.shrink) if self.shrink > 1 else batch.L
        features, logits, student_maps = self.network(L)
        likeness, places = feature_distance(features, teacher_features), map_distance(student_maps, teacher_maps)
        divergence = distillation(logits, classes, self.temperature)
        self.optimize("network", divergence + self.features * likeness + self.maps * places)
        top = (logits.argmax(1) == classes.argmax(1)).float().mean()
        return {
            "distillation": divergence.detach(), "features": likeness.detach(), "maps": places.detach(),
            "agreement_batch": top,
        }  # fmt: skip

    @classmethod
    def exported_weights(cls, network: nn.Module) -> tuple[str, dict[str, Tensor]]:
        """The encoder, batch norm folded in, by torchvision's keys of the plain VGG."""
        width, name = float(network.encoder.width), str(network.name)  # type: ignore[union-attr, arg-type]
        plain = fold_batch_norm(network.encoder)  # type: ignore[arg-type]
        stem = name if width == 1 else f"{name}-w{width:g}"
        return f"{stem}-distilled.safetensors", plain.state_dict()

    @classmethod
    def validation_metrics(cls, network: nn.Module, pictures: Photographs, stage: Stage) -> dict[str, float]:
        """Agreement with the teacher on dev pictures."""
        indices = {key: value for key, value in stage.method.settings.items() if key in ("shrink", "teacher_size")}
        return measure_agreement(network, pictures, stage.data.size, **indices)


def answers(teacher: FeatureNetwork, rgb: Tensor, side: int) -> tuple[Tensor, Tensor, list[Tensor]]:
    """SRGB 0..1 ``[N,3,H,W]``, seen at ``side`` px -> its features ``[N,1280]``, logits ``[N,1001]`` and maps."""
    x = F.interpolate(rgb, size=(side, side), mode="bilinear", antialias=True, align_corners=False) * 2 - 1
    features, maps = teacher.pooled_with_maps(x)
    return features.float(), teacher.classifier(features[:, :, None, None])[:, :, 0, 0].float(), maps


@torch.no_grad()
def measure_agreement(
    network: nn.Module, pictures: Photographs, size: int, shrink: int = 1, teacher_size: int = 192
) -> dict[str, float]:
    """How often a grey student says what the teacher says of the colour picture, top-1 and top-5, shares 0..1.

    Args:
        network: a :class:`.GrayClassifier`.
        pictures: at most ``MEASURED`` of them are looked at, the central square of each.
        size: side in px of that square.
        shrink: how many times smaller the student sees it.
        teacher_size: side in px at which the teacher does.
    """
    was_training, device = network.training, next(network.parameters()).device
    network.eval()
    indices = np.random.default_rng(0).permutation(len(pictures))[:MEASURED]
    student, teacher = [], []
    for start in range(0, len(indices), 32):
        squares = torch.stack([_central(pictures[int(i)], size) for i in indices[start : start + 32]]).to(device)
        L, _ = to_lab(squares, 1)
        student.append(network(F.avg_pool2d(L, shrink))[1].float())
        teacher.append(answers(feature_network().to(device), squares, teacher_size)[1])
    network.train(was_training)
    return agreement(torch.cat(student), torch.cat(teacher))


def _central(pixels: np.ndarray, size: int) -> Tensor:
    """The central square, at ``size`` px: float 0..1 ``[3, size, size]``."""
    height, width = pixels.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    square = torch.from_numpy(pixels[top : top + side, left : left + side].copy()).permute(2, 0, 1)[None].float() / 255
    return F.interpolate(square, size=(size, size), mode="bilinear", antialias=True, align_corners=False)[0]
