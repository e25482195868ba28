"""Model: a network of one graph or of two, ready to see pictures."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np

from colorizing_things.errors import ModelError, SettingError
from colorizing_things.types import Float32

from .card import Card
from .catalog import DEFAULT, find_model
from .runtime import Graph
from .seen import SeenPicture
from .sizes import Frame, network_size

GIVEN = ("L", "hint_ab", "hint_mask", "z")  # what the product has for a graph by these names


class Model:
    """A network. ``model.see(L)`` runs what depends on the picture alone; the answer is asked for the colours.

    One network may serve many pictures and threads at once.

    Examples:
        >>> model = Model(threads=1)
        >>> seen = model.see(np.full((64, 96), 50, np.float32))
        >>> seen.decode().ab.shape == (2, 64 // model.card.output_stride, 96 // model.card.output_stride)
        True
    """

    def __init__(self, model: str | Path | Card = DEFAULT, device: str = "auto", threads: int | None = None) -> None:
        """Load a network.

        Args:
            model: a bundled name, a model's folder, an ONNX file beside its card, or a card.
            device: one of :func:`.devices`.
            threads: cores to use; all that this process may by default.

        Raises:
            ModelError: unknown or broken model, or one that is not what its card says.
            SettingError: no such device here.
        """
        self.card = model if isinstance(model, Card) else find_model(model)
        self.device, self._threads = device, threads
        graphs = {name: Graph(path, device, threads) for name, path in self.card.verified_paths().items()}
        self._encoder = graphs.get("encoder")
        self._decoder = graphs.get("decoder") or graphs["model"]
        _check(self.card, self._encoder, self._decoder)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled as what it was made of: unpickling loads the network anew."""
        return Model, (self.card, self.device, self._threads)

    def see(self, L: Float32) -> SeenPicture:
        """Look at a picture: L* 0..100, float32 ``[h,w]``, both multiples of the card's ``output_stride``.

        Raises:
            SettingError: another shape.

        Examples:
            >>> Model(threads=1).see(np.full((64, 96), 50, np.float32)).L.shape
            (64, 96)
        """
        step = self.card.output_stride
        if L.ndim != 2 or L.shape[0] % step or L.shape[1] % step or max(L.shape) > (self.card.fixed_size or math.inf):
            raise SettingError(f"lightness of shape {L.shape}: must be [h,w], multiples of {step}")
        L = np.ascontiguousarray(L, np.float32)
        frame = Frame.of(self.card, *L.shape)
        padded = frame.pad(L, "symmetric")[None]
        features: dict[str, Float32] = {}
        if self._encoder:
            features = self._encoder.run(list(self._encoder.outputs), {"L": padded}, frame.is_usual)
        return SeenPicture(self.card, self._decoder, frame, L, {"L": padded, **features})

    def network_size(self, width: int, height: int, size: int | None = None) -> tuple[int, int]:
        """(width, height) at which the network sees a picture (:func:`.sizes.network_size`).

        Examples:
            >>> width, height = Model(threads=1).network_size(6000, 4000, 256)
            >>> min(width, height)
            256
        """
        return network_size(self.card, width, height, size)


def _check(card: Card, encoder: Graph | None, decoder: Graph) -> None:
    """Refuse graphs that do not fit each other or the card.

    Raises:
        ModelError: they do not.
    """
    features = set(encoder.outputs) if encoder else set()
    unknown = set(decoder.inputs) - {*GIVEN, *features}
    taken = set(card.inputs) - {"L"}
    if encoder and set(encoder.inputs) != {"L"}:
        problem = f"the encoder takes {', '.join(sorted(encoder.inputs))}, not L alone"
    elif unknown:
        problem = f"nobody gives {', '.join(sorted(unknown))} to the graph that colours"
    elif taken != set(decoder.inputs) - features - {"L"}:
        problem = f"its graph does not take what the card says: {', '.join(card.inputs)}"
    elif missing := set(card.outputs) - set(decoder.outputs) - features:
        problem = f"its graph does not give {', '.join(sorted(missing))}"
    elif card.reference_features and card.reference_features not in features:
        problem = f"no output of the encoder is called {card.reference_features}"
    elif strange := set(card.affinity) - features:
        problem = f"no output of the encoder is called {', '.join(sorted(strange))}"
    elif "z" in decoder.inputs and (len(decoder.inputs["z"]) == 4) != card.has_noise:
        problem = "noise [N,2,h,w] needs noise_stride in the card, and a latent [N,d] none"
    else:
        return
    raise ModelError(f"{card.folder}: not what its card describes: {problem}; export the model again")
