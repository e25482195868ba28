"""Predictor: set the picture once, predict many times. The only room that knows ONNX Runtime."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Self

import numpy as np
import onnxruntime

from colorizing_things.color.chroma import Chroma
from colorizing_things.color.resampling import enlarge
from colorizing_things.errors import ModelError, SettingError
from colorizing_things.types import Float32

from .card import Card
from .catalog import DEFAULT, find_model
from .hint_field import HintField
from .hint_spreading import enforce_hints, feature_similarity

PROVIDERS = {
    "cpu": "CPUExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "tensorrt": "TensorrtExecutionProvider",
    "rocm": "ROCMExecutionProvider",
    "migraphx": "MIGraphXExecutionProvider",
    "directml": "DmlExecutionProvider",
    "coreml": "CoreMLExecutionProvider",
    "openvino": "OpenVINOExecutionProvider",
}
AUTOMATIC = ("cuda", "rocm", "directml")  # what "auto" prefers to the CPU, where it is installed
LONGEST = 4  # times the shorter side: longer panoramas are seen smaller


def devices() -> list[str]:
    """Names of the devices that the installed ONNX Runtime offers, "auto" first."""
    offered = onnxruntime.get_available_providers()
    return ["auto", *(name for name, provider in PROVIDERS.items() if provider in offered)]


class Predictor:
    """A network ready to run, and the small lightness of one picture.

    ``predictor.set_picture(L)`` returns a predictor for that picture that shares the network, so one network
    may serve many pictures and threads at once.
    """

    def __init__(self, model: str | Path | Card = DEFAULT, device: str = "auto", threads: int | None = None) -> None:
        """Load a network.

        Args:
            model: a bundled name, a model's folder, an ONNX file beside its card, or a card.
            device: one of :func:`devices`.
            threads: cores to use; all by default.

        Raises:
            ModelError: unknown or broken model.
            SettingError: no such device here.
        """
        self.card = model if isinstance(model, Card) else find_model(model)
        self._session = _open_session(self.card, device, threads)
        self.device = device
        self._L: Float32 | None = None

    def set_picture(self, L: Float32) -> Self:
        """Take a picture's small lightness: L* 0..100, float32 ``[h,w]``, both multiples of ``output_stride``."""
        step = self.card.output_stride
        if L.ndim != 2 or L.shape[0] % step or L.shape[1] % step or max(L.shape) > (self.card.fixed_size or math.inf):
            raise SettingError(f"lightness of shape {L.shape}: must be [h,w], multiples of {step}")
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__)
        other._L = np.ascontiguousarray(L, np.float32)
        return other

    @property
    def lightness(self) -> Float32:
        """The picture that was set: L* 0..100, ``[h,w]``.

        Raises:
            SettingError: none was.
        """
        if self._L is None:
            raise SettingError("no picture yet: call set_picture first")
        return self._L

    @property
    def latent(self) -> int:
        """Length of the latent code that the network takes; 0 if it takes none."""
        return next((int(given.shape[1]) for given in self._session.get_inputs() if given.name == "z"), 0)

    def can(self, name: str) -> bool:
        """Whether the network has that input or output, by the contract's names (``hint_ab``, ``logits``, ...)."""
        return name in self.card.inputs or name in self.card.outputs

    def need(self, *names: str, what: str) -> None:
        """Refuse what this network cannot do.

        Raises:
            SettingError: it has not all of these inputs and outputs.
        """
        if not all(self.can(name) for name in names):
            raise SettingError(f"model {self.card.name} {what}; colorize models says which does")

    def predict(self, hints: HintField | None = None, z: Float32 | None = None) -> Chroma:
        """Colour the picture that was set.

        Args:
            hints: at the picture's size, for a network that takes them.
            z: latent code ``[d]`` for a network that takes one; zeros, the likeliest colours, by default.

        Returns:
            ab ``[2, h / output_stride, w / output_stride]``, and the confidence where the model has one.

        Raises:
            SettingError: no picture, or hints for a network that takes none.
        """
        found = self.answer(("ab", "confidence"), hints, z)
        if hints is not None and (hints.mask >= 1).any():
            found["ab"] = enforce_hints(self._kept_local(found["ab"], hints), hints, self.lightness)
        return chroma_of(found)

    def _kept_local(self, ab: Float32, hints: HintField) -> Float32:
        """Take back what sure hints did to places that have nothing to do with them (:func:`.feature_similarity`)."""
        if not self.can("features"):
            return ab
        plain = self.answer(("ab", "features"), hints.doubtful)
        share = enlarge(feature_similarity(plain["features"], hints), *ab.shape[1:]).clip(0, 1)
        return plain["ab"] + share * (ab - plain["ab"])

    def answer(
        self, wanted: Sequence[str], hints: HintField | None = None, z: Float32 | None = None
    ) -> dict[str, Float32]:
        """What the network says, by the contract's names: those of ``wanted`` that it has, without the batch axis.

        Fields ``[C,h,w]`` are cut to the picture.
        """
        height, width = self.lightness.shape
        fixed, stride = self.card.fixed_size, self.card.stride
        down, across = ((fixed - side if fixed else -side % stride) for side in (height, width))
        feeds = {"L": np.pad(self.lightness, ((0, down), (0, across)), mode="symmetric")[None, None]}
        if hints is not None:
            self.need("hint_ab", what="takes no hints")
        if "hint_ab" in self.card.inputs:
            hints = hints or HintField.none(height, width)
            feeds["hint_ab"] = np.pad(hints.ab, ((0, 0), (0, down), (0, across)))[None]
            feeds["hint_mask"] = np.pad(hints.mask, ((0, down), (0, across)))[None, None]
        if "z" in self.card.inputs:  # zeros, the prior's mean, are the likeliest colouring
            feeds["z"] = np.zeros((1, self.latent), np.float32) if z is None else z[None].astype(np.float32)
        names = [name for name in wanted if name in self.card.outputs]
        if not names:
            return {}
        padded = (height + down, width + across)
        found = dict(zip(names, self._session.run(names, feeds), strict=True))
        return {name: _cut(value[0], padded, (height, width)) for name, value in found.items()}

    def network_size(self, width: int, height: int, size: int | None = None) -> tuple[int, int]:
        """(width, height) at which the network sees a picture: same shape, shorter side ``size``.

        Args:
            width, height: the picture's.
            size: the card's default where None.
        """
        step = self.card.output_stride
        if self.card.fixed_size:  # the picture lies in the corner of its square
            scale = self.card.fixed_size / max(width, height)
            return tuple(max(step, int(side * scale / step + 1e-6) * step) for side in (width, height))  # type: ignore[return-value]
        scale = (size or self.card.default_size) / min(width, height)
        scale = min(scale, LONGEST * (size or self.card.default_size) / max(width, height))
        return tuple(max(step, round(side * scale / step) * step) for side in (width, height))  # type: ignore[return-value]


def chroma_of(found: dict[str, Float32]) -> Chroma:
    """An answer's colours."""
    confidence = found["confidence"][0] if "confidence" in found else None
    return Chroma(np.asarray(found["ab"], np.float32), confidence)


def _cut(value: Float32, padded: tuple[int, int], picture: tuple[int, int]) -> Float32:
    """Cut what belongs to the padding off a field ``[C,h,w]``; anything else is left as it is."""
    if value.ndim != 3:
        return value
    rows, columns = (round(value.shape[n + 1] * picture[n] / padded[n]) for n in (0, 1))
    return value[:, :rows, :columns]


def _open_session(card: Card, device: str, threads: int | None) -> onnxruntime.InferenceSession:
    offered = devices()
    if device not in offered:
        raise SettingError(f"device {device!r} is not to be had here: choose {', '.join(offered)}")
    chosen = [name for name in AUTOMATIC if name in offered] if device == "auto" else [device]
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads or 0
    options.log_severity_level = 3
    try:
        session = onnxruntime.InferenceSession(
            card.weights(), options, providers=[PROVIDERS[name] for name in dict.fromkeys([*chosen, "cpu"])]
        )
    except ModelError:
        raise
    except Exception as error:
        first = str(error).splitlines()[0]
        raise ModelError(f"{card.folder / card.file}: cannot be loaded: {first}") from error
    if device != "auto" and PROVIDERS[device] not in session.get_providers():  # it would run on the CPU, unasked
        raise SettingError(f"device {device!r} is installed but did not start: check its driver, or choose cpu")
    return session
