"""Look: what is done to colours after the network has said them."""

from __future__ import annotations

from dataclasses import dataclass

from colorizing_things.errors import SettingError

MOST_SATURATION = 10  # everything is at the gamut's edge long before
WARMTH = 12.0  # b at the warmest: candle-light rather than amber


@dataclass(frozen=True)
class Look:
    """In Lab at constant L: ``ab' = (saturation * ab + (0, WARMTH * warmth)) * strength``.

    Attributes:
        saturation: multiplies chroma, 0 to 10; 1 leaves it.
        strength: 0 (grey) to 1 (full colour).
        warmth: -1 (towards blue) to 1 (towards yellow); 0 leaves it.

    Raises:
        SettingError: a value out of range.

    Examples:
        >>> Look(saturation=1.2)
        Look(saturation=1.2, strength=1.0, warmth=0.0)
    """

    saturation: float = 1.0
    strength: float = 1.0
    warmth: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.saturation <= MOST_SATURATION:
            raise SettingError(
                f"saturation {self.saturation}: must be 0 to {MOST_SATURATION}; 1 leaves the colours as they are"
            )
        if not 0 <= self.strength <= 1:
            raise SettingError(f"strength {self.strength}: must be 0 (grey) to 1 (full colour)")
        if not -1 <= self.warmth <= 1:
            raise SettingError(f"warmth {self.warmth}: must be -1 (blue) to 1 (yellow)")
