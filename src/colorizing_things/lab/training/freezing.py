"""What of a network does not learn."""

from __future__ import annotations

from torch import nn

from colorizing_things.errors import SettingError


def freeze(network: nn.Module, prefixes: tuple[str, ...]) -> None:
    """Parameters whose names begin so do not learn.

    Raises:
        SettingError: none begins so.
    """
    for prefix in prefixes:
        found = [parameter for name, parameter in network.named_parameters() if name.startswith(prefix)]
        if not found:
            parts = dict.fromkeys(".".join(name.split(".")[:2]) for name, _ in network.named_parameters())
            raise SettingError(f"freeze {prefix!r}: no parameter begins so; choose among {', '.join(parts)}")
        for parameter in found:
            parameter.requires_grad_(False)
