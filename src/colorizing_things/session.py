"""Session: one opened picture and all that can be asked of its colours, again and again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .color.chroma import Chroma
from .errors import SettingError
from .guidance import palette, reference, variants
from .guidance.hints import Hint, painted, place
from .guidance.palette import Swatch
from .imaging.picture import Picture
from .model.hint_field import HintField
from .model.predictor import Predictor
from .types import Float32


@dataclass(frozen=True)
class Guide:
    """What a user says about the colours themselves.

    Attributes:
        points: hints, a place each.
        layer: painted hints: a picture of the same size, with transparency where nothing is said.
        reference: a colour picture whose palette is taken over, region by region.
    """

    points: Sequence[Hint] = ()
    layer: Picture | None = None
    reference: Picture | None = None

    @property
    def places(self) -> bool:
        """Whether it speaks of places, and so fits one picture only."""
        return bool(self.points) or self.layer is not None


class Session:
    """One page of a picture before a network. Made by :meth:`.Colorizer.session`."""

    def __init__(
        self, predictor: Predictor, picture: Picture, size: int | None, page: int = 0, guide: Guide | None = None
    ) -> None:
        """``size``: shorter side at which the network sees it; None: the card's default."""
        self.picture, self.size = picture, size
        width, height = predictor.network_size(picture.width, picture.height, size)
        self.predictor = predictor.set_picture(picture.small_lightness(page, width, height))
        guide = guide or Guide()
        if guide.places and picture.pages > 1:
            raise SettingError(f"{picture.name}: has {picture.pages} pages; hints need a picture of one page")
        self._always = self._place(guide.points, guide.layer)
        self._reference: HintField | None = None
        if guide.reference is not None:
            self.set_reference(guide.reference)

    def predict(self, hints: Sequence[Hint] = ()) -> Chroma:
        """The colours, with these hints beside the guide's."""
        return self.predictor.predict(self._field(hints))

    def variants(self, count: int, seed: int = 0, hints: Sequence[Hint] = ()) -> list[Chroma]:
        """``count`` plausible colourings, likeliest first; the first is what :meth:`predict` says.

        Raises:
            SettingError: this model knows one answer only.
        """
        return variants.draw(self.predictor, count, seed, self._field(hints))

    def palette(self, x: float, y: float, hints: Sequence[Hint] = (), count: int = 6) -> list[Swatch]:
        """Likely colours of a place, in the upright picture's own pixels, likeliest first.

        Raises:
            SettingError: outside of the picture, or a model without a distribution over colours.
        """
        L = self.predictor.lightness
        spot = place([Hint(x, y, (0, 0))], self.picture, *L.shape).mask
        row, column = (int(where[0]) for where in spot.nonzero())
        return palette.likely(self.predictor, row, column, self._field(hints), count)

    def set_reference(self, other: Picture | None) -> None:
        """Take the palette of another picture from now on, region by region; None: no longer."""
        if other is None:
            self._reference = None
            return
        width, height = self.predictor.network_size(other.width, other.height, self.size)
        theirs = self.predictor.set_picture(other.small_lightness(0, width, height))
        self._reference = reference.hints_from(self.predictor, theirs, _small_ab(other, width, height))

    def _field(self, hints: Sequence[Hint]) -> HintField | None:
        said = [field for field in (self._place(hints, None), self._always, self._reference) if field is not None]
        if not said:
            return None
        field = said[0]
        for other in said[1:]:
            field = field.over(other)
        return field

    def _place(self, points: Sequence[Hint], layer: Picture | None) -> HintField | None:
        height, width = self.predictor.lightness.shape
        field = place(points, self.picture, height, width) if points else None
        if layer is not None:
            below = painted(layer, self.picture, height, width)
            field = below if field is None else field.over(below)
        return field


def _small_ab(picture: Picture, width: int, height: int) -> Float32:
    """A colour picture's ab, ``[2,height,width]``."""
    return picture.small_ab(0, width, height)
