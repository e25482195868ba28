"""Guide: what a user says about the colours themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

from colorizing_things.imaging.opening import open_picture
from colorizing_things.imaging.picture import Picture

from .hints import Hint


@dataclass(frozen=True)
class Guide:
    """Hints and a reference.

    Attributes:
        points: hints, a place each.
        layer: painted hints: a picture of the same size, with transparency where nothing is said.
        reference: a colour picture whose palette is taken over, region by region.
    """

    points: Sequence[Hint] = ()
    layer: Picture | None = None
    reference: Picture | None = None

    @classmethod
    def of(cls, hint: Sequence[Hint | str] = (), hints: Any = None, reference: Any = None) -> Self:
        """Of hints as the command line has them (``"120,340=#7a4a2b"``), and of pictures as :class:`.Colorizer` does.

        Raises:
            PictureError: a picture that cannot be read.
            SettingError: a hint that cannot be understood.

        Examples:
            >>> guide = Guide.of(["120,340=#7a4a2b"])
            >>> len(guide.points), guide.places
            (1, True)
        """
        points = [Hint.parse(point) if isinstance(point, str) else point for point in hint]
        layer, other = (None if picture is None else open_picture(picture) for picture in (hints, reference))
        return cls(points, layer, other)

    @property
    def places(self) -> bool:
        """Whether it speaks of places, and so fits one picture only."""
        return bool(self.points) or self.layer is not None
