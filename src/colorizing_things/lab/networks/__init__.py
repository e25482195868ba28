"""Networks by name; a published network is one file with its name and year."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from torch import nn

from colorizing_things.lab.config.settings import settings_of, validate

from .bottleneck import Bottleneck
from .conditional_vae import ConditionalVAE
from .contract import check_contract
from .deshpande2017 import Deshpande2017CVAE, Deshpande2017VAE
from .deshpande2017_mixture import Deshpande2017MDN
from .encoders import find_weights
from .flow import Flow
from .gray_classifier import GrayClassifier
from .hwang2016 import Hwang2016
from .mobile_unet import MobileUNet
from .unet_sagan import UNetSAGAN
from .zhang2016 import Zhang2016

NETWORKS: dict[str, Callable[..., nn.Module]] = {
    "flow": Flow,
    "mobile-unet": MobileUNet,
    "bottleneck": Bottleneck,
    "conditional-vae": ConditionalVAE,
    "unet-sagan": UNetSAGAN,
    "gray-classifier": GrayClassifier,
    "zhang2016": Zhang2016,
    "hwang2016": Hwang2016,
    "deshpande2017-vae": Deshpande2017VAE,
    "deshpande2017-mdn": Deshpande2017MDN,
    "deshpande2017-cvae": Deshpande2017CVAE,
}


def build(name: str, size: int | None = None, pretrained: bool = True, **settings: Any) -> nn.Module:
    """Build a network.

    Args:
        name: one of ``NETWORKS``.
        size: side of the squares that it sees, px; for networks that ask for it.
        pretrained: load what ``settings`` name as ``weights``; not where a checkpoint is loaded over them.
        settings: the network's own.
    """
    known = inspect.signature(NETWORKS[name]).parameters
    if size is not None and "size" in known:
        settings = {"size": size, **settings}
    if not pretrained and "weights" in known:
        settings = {**settings, "weights": "none"}
    network = NETWORKS[name](**settings)
    check_contract(name, network)
    return network


def check_network(name: str, size: int, settings: dict[str, Any]) -> None:
    """Say what is wrong with a network's settings, before anything is built.

    Raises:
        SettingError: a key that the network does not take, or what the network's own ``check`` finds.
    """
    validate(settings_of(NETWORKS[name]), settings, "network", f"network {name}")
    own = getattr(NETWORKS[name], "check", None)
    if own is not None:
        own(**{"size": size, **settings})


def check_weights(name: str, settings: dict[str, Any]) -> None:
    """See to it that the encoder's pretrained weights are on this machine, fetching them if need be.

    Raises:
        SettingError: they are not there.
        TrainingError: they cannot be fetched.
    """
    bound = inspect.signature(NETWORKS[name]).bind_partial(**settings)
    bound.apply_defaults()
    if {"encoder", "weights", "width"} <= set(bound.arguments):
        find_weights(*(bound.arguments[key] for key in ("encoder", "weights", "width")))
