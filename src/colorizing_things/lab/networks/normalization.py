"""Normalization by name, and what spectral norm asks for outside of training."""

from __future__ import annotations

import copy

import torch
from torch import nn
from torch.nn.utils import parametrize
from torch.nn.utils.parametrizations import _SpectralNorm, spectral_norm

from colorizing_things.errors import SettingError

NORMALIZATIONS = ("none", "batch", "layer", "spectral")
POWER_ITERATIONS = 30  # power iterations: after an average of weights, u and v are only nearly their singular vectors


def check_normalization(name: str) -> None:
    """Raise a SettingError for an unknown normalization."""
    if name not in NORMALIZATIONS:
        raise SettingError(f"unknown normalization {name!r}: choose {', '.join(NORMALIZATIONS)}")


def normalized(layer: nn.Module, channels: int, name: str) -> nn.Sequential:
    """A convolution with its normalization behind it, or, for ``spectral``, around its weight.

    ``layer`` is layer norm over channels and places of one picture (Ba et al. 2016): what WGAN-GP's critic may
    have where batch norm would tie the pictures of a batch together (Gulrajani et al. 2017, section 4).
    """
    check_normalization(name)
    if name == "spectral":
        return nn.Sequential(spectral_norm(layer))
    if name == "none":
        return nn.Sequential(layer)
    return nn.Sequential(layer, nn.BatchNorm2d(channels) if name == "batch" else nn.GroupNorm(1, channels))


@torch.no_grad()
def converge_spectral_norms(network: nn.Module) -> None:
    """Bring every spectral norm's power iteration to rest on the weights as they are now.

    An average of weights carries an average of u and v, which are not unit vectors, and not its own.
    """
    for module in network.modules():
        if isinstance(module, _SpectralNorm):
            was_training = module.training
            module.train()
            owner = next(m for m in network.modules() if _owns(m, module))
            for _ in range(POWER_ITERATIONS):
                owner.weight  # noqa: B018 - one power iteration a look
            module.train(was_training)


def _owns(module: nn.Module, parametrization: nn.Module) -> bool:
    return parametrize.is_parametrized(module, "weight") and any(
        p is parametrization
        for p in module.parametrizations["weight"]  # type: ignore[index]
    )


def without_spectral_norms(network: nn.Module) -> nn.Module:
    """A copy whose weights are plain tensors, already divided by their norms: for export."""
    plain = copy.deepcopy(network).eval()
    converge_spectral_norms(plain)
    for module in list(plain.modules()):
        if parametrize.is_parametrized(module, "weight"):
            # Not remove_parametrizations: the copy shares its class with the original, which that would break.
            weight = module.weight.detach().clone()  # type: ignore[operator]
            module.__class__ = parametrize.type_before_parametrizations(module)
            del module.parametrizations
            module.register_parameter("weight", nn.Parameter(weight))
    return plain
