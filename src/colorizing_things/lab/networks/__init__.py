"""Networks by name; a published network is one file with its name and year."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import nn

from .mobile_unet import MobileUNet

NETWORKS: dict[str, Callable[..., nn.Module]] = {"mobile-unet": MobileUNet}


def build(name: str, **settings: Any) -> nn.Module:
    """Build a network; ``settings`` are its constructor's own."""
    return NETWORKS[name](**settings)
