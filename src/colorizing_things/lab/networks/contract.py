"""What a network must be, to be trained and exported (CONTRIBUTING.md, "Adding to the lab")."""

from __future__ import annotations

from torch import nn

from colorizing_things.errors import SettingError


def check_contract(name: str, network: nn.Module) -> None:
    """Say what a network lacks.

    Raises:
        SettingError: no ``output_stride``, neither ``stride`` nor ``fixed_size``, or an ``encoder`` without parameters.
    """
    if not hasattr(network, "output_stride"):
        return  # it does not colour by itself: its method says what is exported of it
    if not isinstance(network.output_stride, int) or network.output_stride < 1:
        raise SettingError(f"network {name}: output_stride must be a whole number of px a cell of its colours")
    sides = [getattr(network, key, None) for key in ("fixed_size", "stride")]
    if not any(isinstance(side, int) and side > 0 for side in sides):
        raise SettingError(f"network {name}: has neither stride nor fixed_size, px, a whole number")
    encoder = getattr(network, "encoder", None)
    if encoder is not None and (not isinstance(encoder, nn.Module) or not list(encoder.parameters())):
        raise SettingError(f"network {name}: its encoder must be a module with parameters; they learn at encoder_lr")
