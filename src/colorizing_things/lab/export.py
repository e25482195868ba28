"""A trained run -> ONNX files, one or two, with their card, checked against torch."""

from __future__ import annotations

import dataclasses
import hashlib
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from safetensors.torch import save_file

from colorizing_things.errors import TrainingError
from colorizing_things.model.card import GraphFile, load_card
from colorizing_things.system import faults

from .decoding.graph import Graph
from .methods import METHODS
from .networks.checkpoints import load_network
from .training.card import card_of, graphs_of

OPSET = 20  # the newest that onnxruntime 1.19, our floor, runs without a warning
SMALL_WEIGHTS = 256  # elements: below this fp16 saves nothing
TOLERANCE = 0.2  # ab units between torch and the fp16-stored graph in the mean: far below what an eye can see
FEATURE_UNITS = 10.0  # a feature that is off by a hundredth of its size counts like colours off by a tenth


def export(run: Path, folder: Path, *, name: str | None = None, decoding: dict[str, Any] | None = None) -> Path:
    """Export a run's averaged network.

    Args:
        run: the folder of a training run, its ``run.zip``, or one of its checkpoints.
        folder: where the ONNX files (:meth:`.Method.graphs`) and ``card.json`` go, or of a network that does not
            colour its part that others start from; made if missing.
        name: of the model; the recipe's by default.
        decoding: the recipe's own by default.

    Returns:
        ``folder``.

    Raises:
        TrainingError: no run there, it does not colour, or the exported graph does not agree with torch.
    """
    network, saved = load_network(run)
    part = METHODS[saved["recipe"]["stages"][saved["stage"]]["method"]["name"]].exported_weights(network)
    if part is not None:
        folder.mkdir(parents=True, exist_ok=True)
        _check_finite(part[1])
        save_file({key: value.half().contiguous() for key, value in part[1].items()}, folder / part[0])
        return folder
    if decoding is not None:
        saved["recipe"]["decoding"] = decoding
    graphs = graphs_of(network, saved)
    folder.mkdir(parents=True, exist_ok=True)
    for stem, graph in graphs.items():
        write_graph(graph, folder / f"{stem}.onnx")
    dataclasses.replace(card_of(graphs, saved, name), folder=folder, **_files(folder, list(graphs))).save()
    return folder


def write_graph(graph: Graph, path: Path) -> Path:
    """Write a graph as ONNX; nothing is left at ``path`` unless it agrees with torch."""
    unchecked = path.with_name(f".{path.name}.part")
    try:
        made = store_as_half(to_onnx(graph))
        with faults.writing(path):
            onnx.save(made, unchecked)
        check(graph, unchecked)
        unchecked.replace(path)
    finally:
        unchecked.unlink(missing_ok=True)
    return path


def _check_finite(weights: dict[str, torch.Tensor]) -> None:
    for name, value in weights.items():
        if not value.half().isfinite().all():
            raise TrainingError(f"weight {name} is not finite in fp16; the run has diverged")


def to_onnx(graph: Graph) -> onnx.ModelProto:
    """Trace the module into an ONNX graph that takes any batch, and any size that fits the stride if it has not one."""
    height, width = 4 * graph.stride, 5 * graph.stride
    example = examples(graph, height, width, batch=2)
    with _quiet_exporter():
        program = torch.onnx.export(
            graph.module, example, input_names=list(graph.inputs), output_names=list(graph.outputs),
            opset_version=OPSET, dynamic_shapes=_dynamic_shapes(graph, example), dynamo=True, verbose=False,
        )  # fmt: skip
    assert program is not None
    return program.model_proto


@contextmanager
def _quiet_exporter() -> Iterator[None]:
    """PyTorch's exporter tells of packages that it would do without and of names that it drops: nothing to act on."""
    log = logging.getLogger("torch.onnx")
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        log.setLevel(level)


def _dynamic_shapes(graph: Graph, example: tuple[torch.Tensor, ...]) -> tuple[dict[int, Any], ...]:
    """What of each input's shape may vary: of a field both sides, in step with the picture's."""
    dim = torch.export.Dim
    batch, sides = dim("batch", min=1, max=256), {2: dim("rows", min=1, max=256), 3: dim("columns", min=1, max=256)}
    units = {2: 4, 3: 5}  # of the stride in the example

    def of(value: torch.Tensor) -> dict[int, Any]:
        if value.dim() != 4 or graph.fixed_size is not None:
            return {0: batch}
        cells = {axis: value.shape[axis] // units[axis] for axis in sides}  # of this field in a stride
        return {0: batch} | {axis: side if cells[axis] == 1 else cells[axis] * side for axis, side in sides.items()}

    return tuple(of(value) for value in example)


@torch.no_grad()
def examples(graph: Graph, height: int, width: int, batch: int = 1) -> tuple[torch.Tensor, ...]:
    """Inputs for a graph, the same every time: a noisy ramp of lightness, a draw or some hints if it takes them.

    ``height`` and ``width`` are in px; a network of one size keeps to that.
    """
    height, width = (graph.fixed_size or side for side in (height, width))
    rng = np.random.default_rng(0)
    ramp = np.linspace(0, 100, width, dtype=np.float32)[None].repeat(height, 0)
    L = torch.from_numpy((ramp + rng.normal(0, 5, (batch, 1, height, width))).clip(0, 100).astype(np.float32))
    inputs = {"L": L}
    for name, zeros in graph.zeros(L).items():
        inputs[name] = torch.from_numpy(rng.standard_normal(tuple(zeros.shape), np.float32))
    inputs["hint_ab"] = torch.from_numpy(rng.normal(0, 20, (batch, 2, height, width)).astype(np.float32))
    inputs["hint_mask"] = torch.from_numpy((rng.random((batch, 1, height, width)) < 0.01).astype(np.float32))
    if graph.encoder is not None:
        inputs |= dict(zip(graph.encoder.outputs, graph.encoder.module(L), strict=True))
    return tuple(inputs[name] for name in graph.inputs)


def store_as_half(model: onnx.ModelProto) -> onnx.ModelProto:
    """Store large fp32 weights as fp16 with a cast behind each: half the file, computed in fp32 as before."""
    casts = []
    for weight in model.graph.initializer:
        values = numpy_helper.to_array(weight)
        if weight.data_type != TensorProto.FLOAT or values.size < SMALL_WEIGHTS:
            continue  # small ones: check() looks at what comes of them
        if not np.isfinite(values).all():
            raise TrainingError(f"weight {weight.name} is not finite; the run has diverged")
        with np.errstate(over="ignore"):
            halved = values.astype(np.float16)
        if not np.isfinite(halved).all():
            raise TrainingError(f"weight {weight.name} is larger than fp16 can hold (65504); the run has diverged")
        half = numpy_helper.from_array(halved, f"{weight.name}.half")
        casts.append(helper.make_node("Cast", [half.name], [weight.name], to=TensorProto.FLOAT))
        weight.CopyFrom(half)
    nodes = list(model.graph.node)
    del model.graph.node[:]
    model.graph.node.extend([*casts, *nodes])
    del model.graph.value_info[:]  # shapes of every inner tensor: nobody needs them, and they are a third of it
    for node in model.graph.node:
        del node.metadata_props[:]
    model.doc_string = ""
    onnx.checker.check_model(model)
    return model


@torch.no_grad()
def check(graph: Graph, path: Path) -> float:
    """Compare the file with torch at two sizes; return the largest of the mean differences.

    Of colours that is in ab units; of an encoder's features it is a share of their own mean size, in as many units.

    Raises:
        TrainingError: it is over ``TOLERANCE``.
    """
    from colorizing_things.model.runtime import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    taken = {given.name for given in session.get_inputs()}
    worst, stride = 0.0, graph.stride
    for height, width in ((4 * stride, 5 * stride), (stride, 7 * stride)):
        inputs = examples(graph, height, width)
        feeds = {name: x.numpy() for name, x in zip(graph.inputs, inputs, strict=True) if name in taken}
        answers = session.run(list(graph.outputs), feeds)
        if not all(np.isfinite(answer).all() for answer in answers):
            raise TrainingError(f"{path}: the exported graph gives colours that are not finite; the run has diverged")
        ours = dict(zip(graph.outputs, (value.numpy() for value in graph.module(*inputs)), strict=True))
        theirs = dict(zip(graph.outputs, answers, strict=True))
        worst = max(worst, *(_difference(ours[name], theirs[name], name) for name in compared(graph)))
    if not worst <= TOLERANCE:  # NaN is no tolerance
        raise TrainingError(f"{path}: the exported graph differs from torch by {worst:.2f} ab units")
    return worst


def compared(graph: Graph) -> tuple[str, ...]:
    """Outputs that :func:`check` compares: the colours, or all that an encoder gives."""
    return ("ab",) if "ab" in graph.outputs else graph.outputs


def _difference(ours: npt.NDArray[np.float32], theirs: npt.NDArray[np.float32], name: str) -> float:
    distance = float(np.abs(ours - theirs).mean())
    return distance if name == "ab" else distance / max(float(np.abs(ours).mean()), 1e-6) * FEATURE_UNITS


def _files(folder: Path, stems: list[str]) -> dict[str, Any]:
    """The card's ``file`` and ``sha256``, or ``files`` where there are two."""
    found = {
        stem: GraphFile(f"{stem}.onnx", hashlib.sha256((folder / f"{stem}.onnx").read_bytes()).hexdigest())
        for stem in stems
    }
    return {"files": found} if len(found) > 1 else dataclasses.asdict(next(iter(found.values())))


def describe(folder: Path, **facts: Any) -> None:
    """Add facts to a model's card that no run knows: scores, known failures, intended use."""
    dataclasses.replace(load_card(folder), **facts).save()
