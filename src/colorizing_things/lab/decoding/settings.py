"""What a recipe's ``decoding`` may give, where it is not a method's own."""

from __future__ import annotations

from pydantic import Field

from colorizing_things.lab.config.settings import Count, Positive, Settings

SIZE = "shorter side in px at which the network does best"


class NoDecoding(Settings):
    """Of networks that do not colour."""


class SizedDecoding(Settings):
    """Of networks whose answer is ab as it stands."""

    size: Count = Field(default=256, description=SIZE)


class AnnealedDecoding(SizedDecoding):
    """Of networks that classify."""

    temperature: Positive = Field(
        default=0.38, description="of the annealed mean over the classes (Zhang et al. 2016, eq. 5)"
    )


class GeneratorDecoding(Settings):
    """Of the adversarial methods' networks."""

    chroma: Positive = Field(default=1.0, description="factor on the result's chroma")
    size: Count = Field(default=128, description=SIZE)


class LatentDecoding(GeneratorDecoding):
    """Of networks with a code whose draws give several colourings."""

    draws: bool = Field(default=False, description="give the exported graph an input z, a draw from N(0, I)")
