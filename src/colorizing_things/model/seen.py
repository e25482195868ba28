"""SeenPicture: what a network has made of one picture, to be asked for its colours again and again."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np

from colorizing_things.color.chroma import Chroma
from colorizing_things.errors import ModelError, SettingError
from colorizing_things.system.processes import OfOneProcess
from colorizing_things.types import Float32

from .card import Card
from .hint_field import HintField
from .noise import gaussian_noise
from .one_graph_hints import spread
from .runtime import Graph
from .sizes import Frame

NOISE_CHANNELS = 2  # a and b
SHOWN = ("ab", "confidence")  # what pixels are made of
UNHINTED = ("ab", "confidence", "features")  # of one run; logits are many and seldom wanted, so they have their own
Found = TypeVar("Found")


class SeenPicture(OfOneProcess):
    """A picture's lightness and features. Made by :meth:`.Model.see`.

    Nothing about it changes; what it has been asked without hints it answers from memory. Threads may share it.

    Attributes:
        card: the network's.
        L: the lightness that was seen, 0..100, float32 ``[h,w]``.
        z: of the colours that are shown, for a network that takes one: noise ``[2,h,w]`` over the padded picture, or a
            latent code ``[d]``; None for others.

    Examples:
        >>> from colorizing_things import Model
        >>> seen = Model(threads=1).see(np.full((64, 96), 50, np.float32))
        >>> seen.card.name, seen.L.shape, seen.z.shape[0]
        ('default', (64, 96), 2)
    """

    instead = "the Model and L, and call see() there; or the Chroma that it decodes"

    def __init__(
        self,
        card: Card,
        decoder: Graph,
        frame: Frame,
        L: Float32,
        feeds: Mapping[str, Float32],
        z: Float32 | None = None,
    ) -> None:
        """``feeds``: what the decoder is given of the picture, by name: its padded ``L`` and the encoder's features."""
        self.card, self.L = card, L
        self._decoder, self._frame, self._feeds = decoder, frame, dict(feeds)
        self.z = self._likeliest_z() if z is None else z
        self._known: dict[str, Any] = {}
        self._lock = threading.RLock()

    def with_z(self, z: Float32) -> SeenPicture:
        """The same picture, already seen, with other colours shown.

        Examples:
            >>> from colorizing_things import Model
            >>> seen = Model(threads=1).see(np.full((64, 96), 50, np.float32))
            >>> other = seen.with_z(seen.noise(draw=1, mood=1))
            >>> bool((other.unhinted.ab == seen.unhinted.ab).all())
            False
        """
        return SeenPicture(self.card, self._decoder, self._frame, self.L, self._feeds, self._checked(z))

    def noise(self, draw: int = 0, seed: int = 0, mood: float | None = None) -> Float32:
        """A ``z`` of noise (:func:`.gaussian_noise`).

        Args:
            draw: which of the seed's draws.
            seed: the same one gives the same noise.
            mood: multiplies it; the card's own where None.

        Raises:
            SettingError: a network without noise.

        Examples:
            >>> from colorizing_things import Model
            >>> seen = Model(threads=1).see(np.full((64, 96), 50, np.float32))
            >>> bool((seen.noise() == seen.z).all()), bool(seen.noise(mood=0).any())
            (True, False)
        """
        self.card.require("mood")
        mood = self.card.mood if mood is None else mood
        rows, columns = self._frame.cells(self.card.noise_stride or 1)
        return gaussian_noise(seed, draw, NOISE_CHANNELS, rows, columns) * np.float32(mood)

    @property
    def unhinted(self) -> Chroma:
        """The colours without any hint.

        Examples:
            >>> from colorizing_things import Model
            >>> seen = Model(threads=1).see(np.full((64, 96), 50, np.float32))
            >>> seen.unhinted.ab is seen.decode().ab
            True
        """
        return chroma_of(self._unhinted())

    @property
    def logits(self) -> Float32:
        """Over the card's bins, without any hint: ``[Q,h,w]``.

        Examples:
            >>> Model("my-zhang2016").see(L).logits.shape  # doctest: +SKIP
            (313, 64, 96)
        """
        return self.once("logits", lambda: self.run(("logits",)))["logits"]

    @property
    def reference_features(self) -> Float32:
        """What each place shows, for comparison with other pictures: ``[C,h,w]``.

        Raises:
            SettingError: a network that gives no such thing.

        Examples:
            >>> from colorizing_things import Model
            >>> Model(threads=1).see(np.full((64, 96), 50, np.float32)).reference_features.ndim
            3
        """
        self.card.require("reference")
        if self.card.reference_features:
            return self._frame.cut(self._feeds[self.card.reference_features])
        return self._unhinted()["features"]

    def belonging(self, row: int, column: int) -> Float32:
        """The chance that each place belongs to the thing that lies at one, 0..1, ``[h,w]`` cells.

        The place's query ``[C+2]`` asks all keys ``[C,h,w]``: the logit is their product, plus the query's ``C``-th
        number, minus its last times the squared distance in cells.

        Args:
            row, column: of :attr:`L`.

        Raises:
            SettingError: a network that cannot tell things apart.

        Examples:
            >>> from colorizing_things import Model
            >>> seen = Model(threads=1).see(np.full((64, 96), 50, np.float32))
            >>> chance = seen.belonging(32, 48)
            >>> bool(0 <= chance.min() and chance.max() <= 1)
            True
        """
        self.card.require("reach")
        keys, queries = (self._frame.cut(self._feeds[name]) for name in self.card.affinity)
        (height, width), (across, along) = self.L.shape, keys.shape[1:]
        r, c = row * across // height, column * along // width
        rows, columns = np.ogrid[:across, :along]
        *asked, bias, falling = queries[:, r, c]
        far = (rows - r) ** 2 + (columns - c) ** 2
        logit = np.tensordot(np.array(asked), keys, 1) + bias - falling * far
        return np.asarray(1 / (1 + np.exp(-logit.clip(-30, 30))), np.float32)

    @property
    def nbytes(self) -> int:
        """Memory that it holds, but for answers it may yet keep.

        Examples:
            >>> from colorizing_things import Model
            >>> Model(threads=1).see(np.full((64, 96), 50, np.float32)).nbytes > 4 * 64 * 96
            True
        """
        return self.L.nbytes + sum(feed.nbytes for feed in self._feeds.values())

    def decode(self, hints: HintField | None = None, z: Float32 | None = None) -> Chroma:
        """The colours, in one run of the decoder (of a network of one graph: of all of it).

        Args:
            hints: at the picture's size, for a network that takes them.
            z: instead of the one that is shown.

        Returns:
            ab ``[2, h / output_stride, w / output_stride]``, and the confidence where the model has one.

        Raises:
            SettingError: hints for a network that takes none, or a ``z`` that it does not take.

        Examples:
            >>> from colorizing_things import Model
            >>> seen = Model(threads=1).see(np.full((64, 96), 50, np.float32))
            >>> told = seen.decode(HintField.none(64, 96).with_patch(32, 48, 9, (40, 30)))
            >>> bool(told.ab[0].max() > seen.decode().ab[0].max())
            True
        """
        if hints is None and z is None:
            return self.unhinted
        found = self.run(("ab", "confidence"), hints, z)
        if hints is not None and not self.card.files and (hints.mask >= 1).any():
            found["ab"] = spread(found["ab"], hints, self.L, self._without_sure(hints, z))
        return chroma_of(found)

    def run(
        self, wanted: Sequence[str], hints: HintField | None = None, z: Float32 | None = None
    ) -> dict[str, Float32]:
        """Run the decoder once: those of ``wanted`` that the card lists, without the batch axis, fields cut to size.

        What the encoder has said already (``logits`` of a network that gives them there) needs no run.

        Raises:
            ModelError: its colours are not finite; pixels made of them would be black.

        Examples:
            >>> from colorizing_things import Model
            >>> seen = Model(threads=1).see(np.full((64, 96), 50, np.float32))
            >>> sorted(seen.run(["ab", "confidence"]))
            ['ab', 'confidence']
        """
        asked = [name for name in wanted if name in self.card.outputs]
        found = {name: self._frame.cut(self._feeds[name]) for name in asked if name not in self._decoder.outputs}
        names = [name for name in asked if name not in found]
        if not names:
            return found
        feeds = {name: value for name, value in self._feeds.items() if name in self._decoder.inputs}
        if hints is not None:
            self.card.require("hints")
        if "hint_ab" in self.card.inputs:
            hints = hints or HintField.none(*self.L.shape)
            feeds |= {"hint_ab": self._frame.pad(hints.ab), "hint_mask": self._frame.pad(hints.mask)[None]}
        given = self.z if z is None else self._checked(z)
        if given is not None:
            feeds["z"] = given
        decoded = self._decoder.run(names, feeds, self._frame.is_usual)
        if not all(np.isfinite(decoded[name]).all() for name in SHOWN if name in decoded):
            raise ModelError(f"model {self.card.name}: its colours are not finite; train or install it again")
        return found | {name: self._frame.cut(value) for name, value in decoded.items()}

    def once(self, name: str, compute: Callable[[], Found]) -> Found:
        """What was computed under that name, or is now; for answers that depend on this picture and its ``z`` alone.

        Examples:
            >>> from colorizing_things import Model
            >>> seen = Model(threads=1).see(np.full((64, 96), 50, np.float32))
            >>> seen.once("mean", lambda: float(seen.L.mean())), seen.once("mean", lambda: 0.0)
            (50.0, 50.0)
        """
        with self._lock:
            if name not in self._known:
                self._known[name] = compute()
            found: Found = self._known[name]
            return found

    def _unhinted(self) -> dict[str, Float32]:
        return self.once("unhinted", lambda: _read_only(self.run(UNHINTED)))

    def _without_sure(self, hints: HintField, z: Float32 | None) -> dict[str, Float32]:
        """The answer to what is left of hints when the sure ones are taken away: most often nothing."""
        doubtful = hints.doubtful
        if z is None and not doubtful.mask.any():
            return self._unhinted()
        return self.run(("ab", "features"), doubtful, z)

    def _likeliest_z(self) -> Float32 | None:
        if self.card.has_noise:
            return self.noise()
        if "z" in self.card.inputs:  # zeros, the prior's mean, are the likeliest colouring
            return np.zeros(int(self._decoder.inputs["z"][1]), np.float32)
        return None

    def _checked(self, z: Float32) -> Float32:
        if self.z is None or z.shape != self.z.shape:
            takes = "none" if self.z is None else str(self.z.shape)
            raise SettingError(f"z of shape {z.shape}: model {self.card.name} takes {takes} here")
        return np.asarray(z, np.float32)


def chroma_of(found: Mapping[str, Float32]) -> Chroma:
    """An answer's colours."""
    confidence = found["confidence"][0] if "confidence" in found else None
    return Chroma(np.asarray(found["ab"], np.float32), confidence)


def _read_only(found: dict[str, Float32]) -> dict[str, Float32]:
    for value in found.values():
        value.flags.writeable = False
    return found
