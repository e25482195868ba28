"""Predictor: set the picture once, predict many times. The only room that knows ONNX Runtime."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Self

import numpy as np
import onnxruntime

from .card import Card
from .chroma import Chroma, Float32
from .errors import ModelError, SettingError
from .models import DEFAULT, find_model

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

    def predict(self) -> Chroma:
        """Colour the picture that was set.

        Returns:
            ab ``[2, h / output_stride, w / output_stride]``, and the confidence where the model has one.
        """
        if self._L is None:
            raise SettingError("no picture yet: call set_picture first")
        height, width = self._L.shape
        fixed, stride = self.card.fixed_size, self.card.stride
        down, across = ((fixed - side if fixed else -side % stride) for side in (height, width))
        padded = np.pad(self._L, ((0, down), (0, across)), mode="symmetric")
        feeds = {"L": padded[None, None]}
        if "z" in self.card.inputs:  # the prior's mean: the likeliest colouring
            z = next(given for given in self._session.get_inputs() if given.name == "z")
            feeds["z"] = np.zeros((1, z.shape[1]), np.float32)
        wanted = [name for name in ("ab", "confidence") if name in self.card.outputs]
        fields = dict(zip(wanted, self._session.run(wanted, feeds), strict=True))
        rows, columns = height // self.card.output_stride, width // self.card.output_stride
        ab = np.asarray(fields["ab"][0, :, :rows, :columns], np.float32)
        confidence = fields["confidence"][0, 0, :rows, :columns] if "confidence" in fields else None
        return Chroma(ab, confidence)

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


def _open_session(card: Card, device: str, threads: int | None) -> onnxruntime.InferenceSession:
    offered = devices()
    if device not in offered:
        raise SettingError(f"device {device!r} is not to be had here: choose {', '.join(offered)}")
    chosen = [name for name in AUTOMATIC if name in offered] if device == "auto" else [device]
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads or 0
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(
            card.weights(), options, providers=[PROVIDERS[name] for name in dict.fromkeys([*chosen, "cpu"])]
        )
    except ModelError:
        raise
    except Exception as error:
        first = str(error).splitlines()[0]
        raise ModelError(f"{card.folder / card.file}: cannot be loaded: {first}") from error
