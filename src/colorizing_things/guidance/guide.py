"""Guide: what a user says about the colours themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

from colorizing_things.imaging.opening import open_picture
from colorizing_things.imaging.picture import Picture
from colorizing_things.system.defaults import MAX_PIXELS

from .hints import Hint


@dataclass(frozen=True)
class Guide:
    """Hints and a reference.

    Attributes:
        points: hints, a place each.
        layer: painted hints: a picture of the same size, with transparency where nothing is said.
        reference: a colour picture whose palette is taken over, region by region.

    Examples:
        >>> guide = Guide([Hint(120, 340, (20, 30))])
        >>> guide.points[0].x, guide.reference
        (120, None)
    """

    points: Sequence[Hint] = ()
    layer: Picture | None = None
    reference: Picture | None = None

    @classmethod
    def of(
        cls, hint: Sequence[Hint | str] = (), hints: Any = None, reference: Any = None, max_pixels: int = MAX_PIXELS
    ) -> Self:
        """Of hints as the command line has them (``"120,340=#7a4a2b"``), and of pictures as :class:`.Colorizer` does.

        Args:
            hint: points.
            hints: painted ones.
            reference: a picture in colour.
            max_pixels: refuse larger pictures.

        Raises:
            PictureError: a picture that cannot be read.
            SettingError: a hint that cannot be understood.

        Examples:
            >>> guide = Guide.of(["120,340=#7a4a2b"])
            >>> len(guide.points), guide.places
            (1, True)
        """
        points = [Hint.parse(point) if isinstance(point, str) else point for point in hint]
        layer = None if hints is None else open_picture(hints, max_pixels)
        other = None if reference is None else open_picture(reference, max_pixels)
        return cls(points, layer, other)

    @property
    def places(self) -> bool:
        """Whether it speaks of places, and so fits one picture only.

        Examples:
            >>> Guide.of(["120,340=#7a4a2b"]).places, Guide().places
            (True, False)
        """
        return bool(self.points) or self.layer is not None
