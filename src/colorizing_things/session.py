"""Session: one opened picture and all that can be asked of its colours, again and again."""

from __future__ import annotations

import copy
import functools
from collections.abc import Iterator, Sequence
from dataclasses import replace

from .color.chroma import Chroma
from .errors import SettingError
from .guidance import palette, reference, variants
from .guidance.hints import Hint, cell_of, painted, place
from .guidance.palette import Swatch
from .guidance.reach import PlacedHint, within_reach
from .imaging.picture import Picture
from .model.hint_field import HintField
from .model.model import Model
from .options import ColorOptions
from .system.processes import OfOneProcess
from .types import Float32


class Session(OfOneProcess):
    """One page of a picture before a network. Made by :meth:`.Colorizer.session`.

    Examples:
        >>> import numpy as np
        >>> from colorizing_things import Colorizer
        >>> session = Colorizer(threads=1).session(np.full((48, 64), 128, np.uint8))
        >>> session.picture.width, session.seen.L.shape[0] <= session.seen.L.shape[1]
        (64, True)
    """

    instead = "the Colorizer and the picture's path or bytes, and call session() there; or the Chroma that it predicts"

    def __init__(self, model: Model, picture: Picture, options: ColorOptions | None = None, page: int = 0) -> None:
        """See the picture.

        Args:
            model: the network.
            picture: what to colour.
            options: its guide holds throughout; its look is not for a session.
            page: of a TIFF with several.

        Raises:
            SettingError: a guide that does not fit the picture, or a mood for a model that has none.
        """
        self.picture, self._model, self.options = picture, model, options or ColorOptions()
        guide = self.options.guide
        if guide.places and picture.pages > 1:
            raise SettingError(f"{picture.name}: has {picture.pages} pages; hints need a picture of one page")
        one = picture.part(page)
        width, height = model.network_size(one.width, one.height, self.options.size)
        self.seen = model.see(one.small_lightness(0, width, height))
        self._points, self._layer = tuple(guide.points), self._painted(guide.layer)
        self._reference: HintField | None = None
        if guide.reference is not None:
            self.set_reference(guide.reference)
        self._show()

    def shown_with(self, mood: float | None = None, seed: int = 0) -> Session:
        """The same picture, already seen, and what was said of it, at another mood or seed.

        Raises:
            SettingError: a mood out of range, or for a model that has none.

        Examples:
            >>> import numpy as np
            >>> from colorizing_things import Colorizer
            >>> session = Colorizer(threads=1).session(np.full((48, 64), 128, np.uint8))
            >>> other = session.shown_with(mood=1, seed=7)
            >>> other.mood, other.seen.L is session.seen.L
            (1, True)
        """
        if (mood, seed) == (self.options.mood, self.options.seed):
            return self
        other = copy.copy(self)
        other.options = replace(self.options, mood=mood, seed=seed)
        other._show()
        return other

    @property
    def mood(self) -> float:
        """At which the picture is shown; 0 for a model without noise.

        Examples:
            >>> import numpy as np
            >>> from colorizing_things import ColorOptions, Colorizer
            >>> Colorizer(threads=1).session(np.full((48, 64), 128, np.uint8), ColorOptions(mood=0.5)).mood
            0.5
        """
        return self.seen.card.mood if self.options.mood is None else self.options.mood

    def predict(self, hints: Sequence[Hint] = ()) -> Chroma:
        """The colours, with these hints beside the guide's.

        Examples:
            >>> import numpy as np
            >>> from colorizing_things import Colorizer, Hint
            >>> session = Colorizer(threads=1).session(np.full((48, 64), 128, np.uint8))
            >>> plain, told = session.predict(), session.predict([Hint(32, 24, (40, 30))])
            >>> plain.ab.shape == told.ab.shape, bool(told.ab[0].max() > plain.ab[0].max())
            (True, True)
        """
        return self._decode((*hints, *self._points))

    def variants(self, count: int, seed: int | None = None, hints: Sequence[Hint] = ()) -> list[Chroma]:
        """``count`` plausible colourings, likeliest first; the first is what is shown. ``seed`` None: the session's.

        Raises:
            SettingError: this model knows one answer only.

        Examples:
            >>> import numpy as np
            >>> from colorizing_things import Colorizer
            >>> session = Colorizer(threads=1).session(np.full((48, 64), 128, np.uint8))
            >>> drawn = session.variants(3, seed=1)
            >>> len(drawn), bool((drawn[0].ab == session.predict().ab).all())
            (3, True)
        """
        return list(self.each_variant(count, seed, hints))

    def each_variant(self, count: int, seed: int | None = None, hints: Sequence[Hint] = ()) -> Iterator[Chroma]:
        """As :meth:`variants`, one by one: each is drawn when it is asked for.

        Examples:
            >>> import numpy as np
            >>> from colorizing_things import Colorizer
            >>> session = Colorizer(threads=1).session(np.full((48, 64), 128, np.uint8))
            >>> next(session.each_variant(6, seed=1)).ab.shape[0]
            2
        """
        points = (*hints, *self._points)
        seed = self.options.seed if seed is None else seed
        codes = variants.latents(self.seen, count, seed, self.mood)
        if codes is None:
            return iter(variants.redrawn(self.seen, count, seed, self._field(points)))
        return (self._decode(points, z) for z in codes)

    def variant(self, index: int, count: int, seed: int | None = None, hints: Sequence[Hint] = ()) -> Chroma:
        """One of :meth:`variants`, without the others where that can be.

        Raises:
            SettingError: this model knows one answer only, or there is no such variant.

        Examples:
            >>> import numpy as np
            >>> from colorizing_things import Colorizer
            >>> session = Colorizer(threads=1).session(np.full((48, 64), 128, np.uint8))
            >>> bool((session.variant(2, 3, seed=1).ab == session.variants(3, seed=1)[2].ab).all())
            True
        """
        variants.check_index(index, count)
        seed = self.options.seed if seed is None else seed
        latents = variants.latents(self.seen, count, seed, self.mood)
        if latents is None:
            return self.variants(count, seed, hints)[index]
        return self._decode((*hints, *self._points), latents[index])

    def palette(self, x: float, y: float, hints: Sequence[Hint] = (), count: int = 6) -> list[Swatch]:
        """Likely colours of a place, in the upright picture's own pixels, likeliest first.

        Raises:
            SettingError: outside of the picture, or a model without a distribution over colours.

        Examples:
            >>> import numpy as np
            >>> from colorizing_things import Colorizer
            >>> session = Colorizer(threads=1).session(np.full((48, 64), 128, np.uint8))
            >>> swatches = session.palette(32, 24)
            >>> swatches[0].hex[0], swatches[0].probability >= swatches[-1].probability
            ('#', True)
        """
        spot = place([Hint(x, y, (0, 0))], self.picture, *self.seen.L.shape).mask
        row, column = (int(where[0]) for where in spot.nonzero())
        return palette.likely(self.seen, row, column, self._field((*hints, *self._points)), count)

    def set_reference(self, other: Picture | None) -> None:
        """Take the palette of another picture from now on, region by region; None: no longer.

        Examples:
            >>> import numpy as np
            >>> from colorizing_things import Colorizer, Picture
            >>> session = Colorizer(threads=1).session(np.full((48, 64), 128, np.uint8))
            >>> session.set_reference(Picture.of_array(np.full((48, 64, 3), (200, 120, 60), np.uint8)))
            >>> session.set_reference(None)
        """
        if other is None:
            self._reference = None
            return
        width, height = self._model.network_size(other.width, other.height, self.options.size)
        theirs = self._model.see(other.small_lightness(0, width, height))
        self._reference = reference.hints_from(self.seen, theirs, other.small_ab(0, width, height))

    def _show(self) -> None:
        if self.options.mood is not None:
            self.seen.card.require("mood")
        if self.seen.card.has_noise:
            self.seen = self.seen.with_z(self.seen.noise(0, self.options.seed, self.mood))

    def _decode(self, points: Sequence[Hint], z: Float32 | None = None) -> Chroma:
        """The colours, each hint within its reach; two runs of the decoder where some reach farther than others."""
        z = None if z is self.seen.z else z  # what is shown may be known already
        kept = [point for point in points if point.reach != "alike"] if self.seen.card.can("reach") else []
        shown = self.seen.decode(self._field([point for point in points if point not in kept]), z)
        if not kept:
            return shown
        size = self.seen.L.shape
        placed = [PlacedHint(*cell_of(point, self.picture, *size), point.ab, point.reach) for point in kept]
        return self.seen.decode(within_reach(self.seen, shown, placed), z)

    def _field(self, points: Sequence[Hint]) -> HintField | None:
        """All that is said as the network itself takes it: points before what is painted before the reference."""
        given = place(points, self.picture, *self.seen.L.shape) if points else None
        fields = [field for field in (given, self._layer, self._reference) if field is not None]
        return functools.reduce(HintField.over, fields) if fields else None

    def _painted(self, layer: Picture | None) -> HintField | None:
        return None if layer is None else painted(layer, self.picture, *self.seen.L.shape)
