"""Models of a few nodes, as folders: one of two graphs with noise, one of one graph, one of classes with hints."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from colorizing_things.model.card import Card, GraphFile

onnx = pytest.importorskip("onnx")
from onnx import TensorProto, helper, numpy_helper  # noqa: E402

OPSET = 18
NOISE_GAIN = 30.0  # ab units a unit of noise
FIELD, PLACES = 4, 8  # strides of the field of colour and of what a reference matches


def constant(name: str, *values: float) -> Any:
    return numpy_helper.from_array(np.array(values, np.float32).reshape(1, -1, 1, 1), name)


def pooled(kind: str, source: str, target: str, stride: int) -> Any:
    return helper.make_node(kind, [source], [target], kernel_shape=[stride] * 2, strides=[stride] * 2)


def save_graph(path: Path, nodes: list[Any], inputs: dict[str, list], outputs: dict[str, list], constants: list) -> str:
    """Write an ONNX file; its SHA-256. Shapes are of ranks and channels only."""
    sides = [[helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in given.items()]
             for given in (inputs, outputs)]  # fmt: skip
    graph = helper.make_graph(nodes, path.stem, *sides, initializer=constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=9)
    onnx.checker.check_model(model)
    onnx.save(model, path)
    return hashlib.sha256(path.read_bytes()).hexdigest()


def field(name: str, channels: int) -> list:
    return ["N", channels, f"{name} rows", f"{name} columns"]


ENCODER = [
    pooled("AveragePool", "L", "deep", FIELD),
    pooled("AveragePool", "L", "mean", PLACES),
    pooled("MaxPool", "L", "high", PLACES),
    helper.make_node("Concat", ["mean", "high"], ["places"], axis=1),
    # What is as light belongs together: the logit is 2 minus the square of the difference in units of 10 L*.
    helper.make_node("Mul", ["mean", "tenth"], ["light"]),
    helper.make_node("Mul", ["light", "light"], ["square"]),
    helper.make_node("Concat", ["light", "square"], ["keys"], axis=1),
    helper.make_node("Mul", ["light", "two"], ["twice"]),
    helper.make_node("Mul", ["square", "none"], ["nothing"]),
    helper.make_node("Sub", ["nothing", "one"], ["minus"]),
    helper.make_node("Sub", ["two", "square"], ["bias"]),
    helper.make_node("Concat", ["twice", "minus", "bias", "nothing"], ["queries"], axis=1),
]
# Colours fall with lightness, and noise is added; a hint's cells take its colour.
DECODER = [
    helper.make_node("Mul", ["deep", "slope"], ["by lightness"]),
    helper.make_node("Mul", ["z", "gain"], ["drawn"]),
    helper.make_node("Add", ["by lightness", "drawn"], ["free"]),
    helper.make_node("Mul", ["hint_ab", "hint_mask"], ["said"]),
    pooled("AveragePool", "said", "said sum", FIELD),
    pooled("AveragePool", "hint_mask", "said share", FIELD),
    helper.make_node("Max", ["said share", "least"], ["some share"]),
    helper.make_node("Div", ["said sum", "some share"], ["said mean"]),
    pooled("MaxPool", "hint_mask", "known", FIELD),
    helper.make_node("Sub", ["said mean", "free"], ["missed"]),
    helper.make_node("Mul", ["known", "missed"], ["made good"]),
    helper.make_node("Add", ["free", "made good"], ["ab"]),
]


def noise_model(folder: Path, **changes: Any) -> Path:
    """Two graphs, with hints and noise of stride 4; the network's stride is 32. ``changes`` are of the card."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {
        "encoder": save_graph(
            folder / "encoder.onnx", ENCODER, {"L": field("L", 1)},
            {"deep": field("deep", 1), "places": field("places", 2), "keys": field("places", 2),
             "queries": field("places", 4)},
            [constant("tenth", 0.1), constant("two", 2), constant("none", 0), constant("one", 1)],
        ),
        "decoder": save_graph(
            folder / "decoder.onnx", DECODER,
            {"deep": field("deep", 1), "hint_ab": field("hint", 2), "hint_mask": field("hint", 1), "z": field("z", 2)},
            {"ab": field("ab", 2)},
            [constant("slope", 0.2, -0.1), constant("gain", NOISE_GAIN), constant("least", 1e-6)],
        ),
    }  # fmt: skip
    said = {
        "name": "tiny-noise", "method": "by hand", "summary": "a test", "stride": 32, "output_stride": FIELD,
        "default_size": 64, "inputs": ["L", "hint_ab", "hint_mask", "z"], "outputs": ["ab"], "parameters": 4,
        "files": {name: GraphFile(f"{name}.onnx", checksum) for name, checksum in files.items()},
        "noise_stride": FIELD, "mood": 0.25, "reference_features": "places",
    }  # fmt: skip
    Card(**(said | changes), folder=folder).save()
    return folder


def plain_model(folder: Path, slope: float = 0.2) -> Path:
    """One graph that takes lightness alone; a is so many ab units for one of L*."""
    folder.mkdir(parents=True, exist_ok=True)
    nodes = [pooled("AveragePool", "L", "deep", FIELD), helper.make_node("Mul", ["deep", "slope"], ["ab"])]
    checksum = save_graph(
        folder / "model.onnx", nodes, {"L": field("L", 1)}, {"ab": field("ab", 2)}, [constant("slope", slope, -0.1)]
    )
    Card(
        name="tiny-plain", method="by hand", summary="a test", stride=32, output_stride=FIELD, default_size=64,
        inputs=["L"], outputs=["ab"], parameters=2, file="model.onnx", sha256=checksum, folder=folder,
    ).save()  # fmt: skip
    return folder


BINS = [[60.0, 0.0], [0.0, 60.0], [-60.0, 0.0], [0.0, -60.0]]


def binned_model(folder: Path) -> Path:
    """One graph that takes hints and gives a distribution over four bins, of a colour each; not an even one."""
    folder.mkdir(parents=True, exist_ok=True)
    free = [
        pooled("AveragePool", "L", "deep", FIELD),
        helper.make_node("Mul", ["deep", "slope"], ["free"]),
        helper.make_node("Mul", ["deep", "odds"], ["logits"]),
    ]
    checksum = save_graph(
        folder / "model.onnx", [*free, *DECODER[3:]],
        {"L": field("L", 1), "hint_ab": field("hint", 2), "hint_mask": field("hint", 1)},
        {"ab": field("ab", 2), "logits": field("logits", len(BINS))},
        [constant("slope", 0.2, -0.1), constant("odds", 0.01, 0.03, -0.01, 0.02), constant("least", 1e-6)],
    )  # fmt: skip
    Card(
        name="tiny-bins", method="by hand", summary="a test", stride=32, output_stride=FIELD, default_size=64,
        inputs=["L", "hint_ab", "hint_mask"], outputs=["ab", "logits"], parameters=6, file="model.onnx",
        sha256=checksum, bins=BINS, folder=folder,
    ).save()  # fmt: skip
    return folder
