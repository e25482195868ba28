"""Losses of Deshpande et al.: Learning Diverse Image Colorization (CVPR 2017), sections 3.1 and 3.2.

Colour fields are ``[N,2,h,w]``, in ab / 128.
"""

from __future__ import annotations

import torch
from torch import Tensor

TINY = 1e-12  # keeps the root's slope finite where two fields are equal


def colorfulness(field: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """Mean over pictures of sqrt(sum_p w_p |C_p - f_p|^2): rare colours count more.

    Args:
        field: decoded, ``[N,2,h,w]``.
        target: the photographs', ``[N,2,h,w]``.
        weight: one over the prior of each pixel's ab bin, ``[N,h,w]``.
    """
    squared = (field - target).square().sum(1) * weight
    return (squared.sum((1, 2)) + TINY).sqrt().mean()


def mahalanobis(field: Tensor, target: Tensor, basis: Tensor, variance: Tensor) -> Tensor:
    """Mean over pictures of the squared distance along the principal components, each over its own variance.

    What lies outside the components is divided by the least of their variances.

    Args:
        field: decoded, ``[N,2,h,w]``.
        target: the photographs', ``[N,2,h,w]``.
        basis: orthonormal components of colour fields, ``[K, 2*h*w]``, largest variance first.
        variance: along each, ``[K]``.
    """
    difference = (field - target).flatten(1).float()
    along = difference @ basis.T
    rest = difference - along @ basis
    return ((along.square() / variance).sum(1) + rest.square().sum(1) / variance[-1]).mean()


def gradient_difference(field: Tensor, target: Tensor) -> Tensor:
    """Mean over pictures of the norm of the difference of both fields' forward differences, last row and column out."""
    difference = field - target
    here = difference[..., :-1, :-1]
    down, across = difference[..., 1:, :-1] - here, difference[..., :-1, 1:] - here
    return ((down.square() + across.square()).sum((1, 2, 3)) + TINY).sqrt().mean()


def nearest_component(logits: Tensor, means: Tensor, z: Tensor, deviation: float = 0.1) -> Tensor:
    """Mean over pictures of -log pi_m + |z - mu_m|^2 / (2 deviation^2), m the component nearest to z.

    The mixture's likelihood with its sum replaced by one term, so that components do not share a code. The two
    releases scale the distance in two other ways (half of it over the deviation; the root of fifty of it);
    ours is the Gaussian's own.

    Args:
        logits: of the components, ``[N,M]``.
        means: ``[N,M,d]``.
        z: codes drawn from the autoencoder's posterior, ``[N,d]``.
        deviation: of every component.
    """
    distance = (z[:, None] - means).square().sum(2)
    nearest = distance.argmin(1, keepdim=True)
    log_share = torch.log_softmax(logits.float(), dim=1).gather(1, nearest)
    return (distance.gather(1, nearest) / (2 * deviation**2) - log_share).mean()
