"""How a picture shall look: one schema for the CLI, Python and HTTP."""

from __future__ import annotations

from dataclasses import dataclass

from .errors import SettingError

SMALLEST, LARGEST = 32, 2048  # px: sizes at which a network still says something, and still fits in memory
MOST_SATURATION = 10  # everything is at the gamut's edge long before
WARMTH = 12.0  # b at the warmest: candle-light rather than amber
MOST_VARIANTS = 100


@dataclass(frozen=True)
class Look:
    """What a user may ask of the colours.

    In Lab at constant L: ``ab' = (saturation * ab + (0, WARMTH * warmth)) * strength``.

    Attributes:
        size: shorter side at which the network sees the picture, 32 to 2048 px; None: the card's default.
        saturation: multiplies chroma, 0 to 10; 1 leaves it.
        strength: 0 (grey) to 1 (full colour).
        warmth: -1 (towards blue) to 1 (towards yellow); 0 leaves it.
        mood: of a model that draws its colours with noise, 0 (the mean of all colourings, safe and dull) to 1 (one of
            them, lively and sometimes wrong); None: the card's own.
        seed: which colouring, of such a model; which variants, of any that has them.

    Raises:
        SettingError: a value out of range.
    """

    size: int | None = None
    saturation: float = 1.0
    strength: float = 1.0
    warmth: float = 0.0
    mood: float | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if self.size is not None and not SMALLEST <= self.size <= LARGEST:
            raise SettingError(f"size {self.size}: must be {SMALLEST} to {LARGEST} pixels")
        if not 0 <= self.saturation <= MOST_SATURATION:
            raise SettingError(
                f"saturation {self.saturation}: must be 0 to {MOST_SATURATION}; 1 leaves the colours as they are"
            )
        if not 0 <= self.strength <= 1:
            raise SettingError(f"strength {self.strength}: must be 0 (grey) to 1 (full colour)")
        if not -1 <= self.warmth <= 1:
            raise SettingError(f"warmth {self.warmth}: must be -1 (blue) to 1 (yellow)")
        if self.mood is not None:
            check_mood(self.mood)


def check_mood(mood: float) -> None:
    """Refuse a mood out of range.

    Raises:
        SettingError: under 0 or over 1.
    """
    if not 0 <= mood <= 1:
        raise SettingError(f"mood {mood}: must be 0 (the mean) to 1 (the full draw)")


def check_count(count: int) -> None:
    """Refuse a number of variants that cannot be meant.

    Raises:
        SettingError: under 1 or over ``MOST_VARIANTS``.
    """
    if not 1 <= count <= MOST_VARIANTS:
        raise SettingError(f"variants {count}: must be 1 to {MOST_VARIANTS}")


def check_index(index: int, count: int) -> None:
    """Refuse a variant that is not among ``count``.

    Raises:
        SettingError: it is not, or ``count`` cannot be meant.
    """
    check_count(count)
    if not 0 <= index < count:
        raise SettingError(f"variant {index}: must be 0 to {count - 1}, as there are {count}")
