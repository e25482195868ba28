"""One ONNX graph on a device. The only module that knows ONNX Runtime."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from colorizing_things.errors import ModelError, SettingError
from colorizing_things.system import faults, stopping
from colorizing_things.system.processes import cores, use_threads
from colorizing_things.types import Float32

# It would note an id of this machine under the user's home and look up its maker's host, from its import on.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
import onnxruntime as onnxruntime

onnxruntime.disable_telemetry_events()  # where somebody else has imported it before

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
FATAL = 4  # what else the runtime would print in red becomes an error of ours
AUTOMATIC = ("cuda", "rocm", "directml")  # what "auto" prefers to the CPU, where it is installed


def about() -> dict[str, str]:
    """The installed runtime's version and what it can run on, in words."""
    return {
        "ONNX Runtime": onnxruntime.__version__,
        "devices": ", ".join(devices()),
        "providers": ", ".join(onnxruntime.get_available_providers()),
    }


def devices() -> list[str]:
    """Names of the devices that the installed ONNX Runtime offers, "auto" first."""
    offered = onnxruntime.get_available_providers()
    return ["auto", *(name for name, provider in PROVIDERS.items() if provider in offered)]


class Graph:
    """A graph, ready to run; threads may share it.

    Attributes:
        inputs, outputs: by name, the shape that the file states: a number, or a name where any size will do.
    """

    def __init__(self, path: Path, device: str, threads: int | None) -> None:
        """Load it; ``device`` as for :class:`.Model`.

        Raises:
            ModelError: no graph that can be run.
            SettingError: no such device here.
        """
        self._session = _open_session(path, device, threads)
        self.inputs: dict[str, list[Any]] = {given.name: given.shape for given in self._session.get_inputs()}
        self.outputs: dict[str, list[Any]] = {found.name: found.shape for found in self._session.get_outputs()}

    def run(self, wanted: Sequence[str], feeds: Mapping[str, Float32], keep_memory: bool = True) -> dict[str, Float32]:
        """The ``wanted`` outputs for one picture; neither they nor ``feeds`` have the batch axis.

        Args:
            wanted: names.
            feeds: by name.
            keep_memory: for the next run; otherwise it goes back to the system.

        Raises:
            MemoryError: the system refuses it.
            Stopped: nobody waits for it any longer.
        """
        use_threads()
        batch = {name: np.ascontiguousarray(value[None], np.float32) for name, value in feeds.items()}
        options = onnxruntime.RunOptions()
        options.log_severity_level = FATAL
        if not keep_memory:
            options.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")
        try:
            with stopping.current().telling(lambda: setattr(options, "terminate", True)):
                found = self._session.run(list(wanted), batch, options)
        except stopping.Stopped:
            raise
        except Exception as error:  # of its own kinds, without a common one
            if said := faults.explain(error):
                raise MemoryError(said[1]) from error
            raise
        return {name: value[0] for name, value in zip(wanted, found, strict=True)}


def _open_session(path: Path, device: str, threads: int | None) -> onnxruntime.InferenceSession:
    offered = devices()
    if device not in offered:
        raise SettingError(f"device {device!r} is not to be had here: choose {', '.join(offered)}")
    preferred = [name for name in AUTOMATIC if name in offered] if device == "auto" else [device]
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads or cores()  # if it counts itself, it takes cores that it may not have
    options.log_severity_level = FATAL
    use_threads()
    try:
        session = onnxruntime.InferenceSession(
            path, options, providers=[PROVIDERS[name] for name in dict.fromkeys([*preferred, "cpu"])]
        )
    except Exception as error:
        if said := faults.explain(error):
            raise faults.refusal(f"{path}: cannot be loaded: {said[1]}", said[0], ModelError) from error
        first = str(error).splitlines()[0]
        raise ModelError(f"{path}: cannot be loaded: {first}") from error
    if device != "auto" and PROVIDERS[device] not in session.get_providers():  # it would run on the CPU, unasked
        raise SettingError(f"device {device!r} is installed but did not start: check its driver, or choose cpu")
    return session
