"""Teaching a network by another's answers (Hinton, Vinyals, Dean 2015)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def distillation(student: Tensor, teacher: Tensor, temperature: float = 2.0) -> Tensor:
    """T^2 KL(teacher || student), both softened by T (section 2): logits ``[N,K]`` -> scalar.

    T^2 keeps the gradient's size the same whatever T is.
    """
    target = torch.log_softmax(teacher.float() / temperature, dim=1)
    answer = torch.log_softmax(student.float() / temperature, dim=1)
    return temperature**2 * F.kl_div(answer, target, reduction="batchmean", log_target=True)


def feature_distance(student: Tensor, teacher: Tensor) -> Tensor:
    """1 - cosine of pooled features ``[N,C]``, mean over the batch: 0..2."""
    return (1 - F.cosine_similarity(student.float(), teacher.float(), dim=1)).mean()


def map_distance(student: list[Tensor], teacher: list[Tensor]) -> Tensor:
    """1 - cosine of the features at each place, mean over places and maps: 0..2 (FitNets: Romero et al. 2015).

    The teacher's maps are averaged down to the student's sizes, and its mean over batch and places, which says
    nothing about the picture, is taken off both.
    """
    distances = []
    for student_map, teacher_map in zip(student, teacher, strict=True):
        target = F.adaptive_avg_pool2d(teacher_map.float(), (student_map.shape[-2], student_map.shape[-1]))
        mean = target.mean((0, 2, 3), keepdim=True)
        distances.append((1 - F.cosine_similarity(student_map.float() - mean, target - mean, dim=1)).mean())
    return torch.stack(distances).mean()


def agreement(student: Tensor, teacher: Tensor) -> dict[str, float]:
    """How often the teacher's top class is the student's first, and among its first five: shares 0..1."""
    best = teacher.argmax(1, keepdim=True)
    five = student.topk(min(5, student.shape[1]), dim=1).indices
    return {
        "agreement_top1": (five[:, :1] == best).any(1).double().mean().item(),
        "agreement_top5": (five == best).any(1).double().mean().item(),
    }
