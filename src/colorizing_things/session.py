"""Session: one opened picture and all that can be asked of its colours, again and again."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass

from .color.chroma import Chroma
from .errors import SettingError
from .guidance import palette, reference, variants
from .guidance.hints import Hint, painted, place
from .guidance.palette import Swatch
from .imaging.picture import Picture
from .model.hint_field import HintField
from .model.model import Model
from .options import check_index, check_mood


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
        self,
        model: Model,
        picture: Picture,
        size: int | None = None,
        page: int = 0,
        guide: Guide | None = None,
        mood: float | None = None,
        seed: int = 0,
    ) -> None:
        """See the picture.

        Args:
            model: the network.
            picture: what to colour.
            size: shorter side at which the network sees it; None: the card's default.
            page: of a TIFF with several.
            guide: hints and a reference that hold throughout.
            mood: 0 (the mean of all colourings) to 1 (one of them); None: the card's own.
            seed: which colouring.

        Raises:
            SettingError: a guide that does not fit the picture, or a mood for a model that has none.
        """
        self.picture, self.size, self._model = picture, size, model
        width, height = model.network_size(picture.width, picture.height, size)
        self.seen = model.see(picture.small_lightness(page, width, height))
        guide = guide or Guide()
        if guide.places and picture.pages > 1:
            raise SettingError(f"{picture.name}: has {picture.pages} pages; hints need a picture of one page")
        self._always = self._place(guide.points, guide.layer)
        self._reference: HintField | None = None
        if guide.reference is not None:
            self.set_reference(guide.reference)
        self.mood, self.seed = model.card.mood, 0
        self._show(mood, seed)

    def shown_with(self, mood: float | None = None, seed: int = 0) -> Session:
        """The same picture, already seen, and what was said of it, at another mood or seed.

        Raises:
            SettingError: a mood for a model that has none.
        """
        other = copy.copy(self)
        other._show(mood, seed)
        return other

    def predict(self, hints: Sequence[Hint] = ()) -> Chroma:
        """The colours, with these hints beside the guide's."""
        return self.seen.decode(self._field(hints))

    def variants(self, count: int, seed: int | None = None, hints: Sequence[Hint] = ()) -> list[Chroma]:
        """``count`` plausible colourings, likeliest first; the first is what is shown. ``seed`` None: the session's.

        Raises:
            SettingError: this model knows one answer only.
        """
        return variants.draw(self.seen, count, self.seed if seed is None else seed, self._field(hints), self.mood)

    def variant(self, index: int, count: int, seed: int | None = None, hints: Sequence[Hint] = ()) -> Chroma:
        """One of :meth:`variants`, without the others where that can be.

        Raises:
            SettingError: this model knows one answer only, or there is no such variant.
        """
        check_index(index, count)
        seed = self.seed if seed is None else seed
        zs = variants.zs(self.seen, count, seed, self.mood)
        if zs is None:
            return self.variants(count, seed, hints)[index]
        return self.seen.decode(self._field(hints), zs[index])

    def palette(self, x: float, y: float, hints: Sequence[Hint] = (), count: int = 6) -> list[Swatch]:
        """Likely colours of a place, in the upright picture's own pixels, likeliest first.

        Raises:
            SettingError: outside of the picture, or a model without a distribution over colours.
        """
        spot = place([Hint(x, y, (0, 0))], self.picture, *self.seen.L.shape).mask
        row, column = (int(where[0]) for where in spot.nonzero())
        return palette.likely(self.seen, row, column, self._field(hints), count)

    def set_reference(self, other: Picture | None) -> None:
        """Take the palette of another picture from now on, region by region; None: no longer."""
        if other is None:
            self._reference = None
            return
        width, height = self._model.network_size(other.width, other.height, self.size)
        theirs = self._model.see(other.small_lightness(0, width, height))
        self._reference = reference.hints_from(self.seen, theirs, other.small_ab(0, width, height))

    def _show(self, mood: float | None, seed: int) -> None:
        card = self.seen.card
        if mood is not None:
            card.require("mood")
            check_mood(mood)
        mood = card.mood if mood is None else mood
        if card.has_noise and (mood, seed) != (self.mood, self.seed):
            self.seen = self.seen.with_z(self.seen.noise(0, seed, mood))
        self.mood, self.seed = mood, seed

    def _field(self, hints: Sequence[Hint]) -> HintField | None:
        said = [field for field in (self._place(hints, None), self._always, self._reference) if field is not None]
        if not said:
            return None
        field = said[0]
        for other in said[1:]:
            field = field.over(other)
        return field

    def _place(self, points: Sequence[Hint], layer: Picture | None) -> HintField | None:
        height, width = self.seen.L.shape
        field = place(points, self.picture, height, width) if points else None
        if layer is not None:
            below = painted(layer, self.picture, height, width)
            field = below if field is None else field.over(below)
        return field
