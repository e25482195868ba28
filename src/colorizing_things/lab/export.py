"""A trained run -> an ONNX file with its card, checked against torch."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from colorizing_things.card import Card
from colorizing_things.color.gamut import ab_bins
from colorizing_things.errors import TrainingError

from .batches import OUTPUT_STRIDE
from .decoding import Decoder, Decoding
from .objectives.classification import rebalancing_weights, smooth_prior
from .training import load_network

OPSET = 20  # the newest that onnxruntime 1.19, our floor, runs without a warning
OUTPUTS = ["ab", "logits", "confidence"]
SMALL_WEIGHTS = 256  # elements: below this fp16 saves nothing
TOLERANCE = 0.5  # ab units between torch and the fp16-stored graph, at worst; the mean is far below


def export(run: Path, folder: Path, *, name: str | None = None, decoding: Decoding | None = None) -> Path:
    """Export a run's averaged network.

    Args:
        run: the folder of a training run, or one of its checkpoints.
        folder: where ``model.onnx`` and ``card.json`` go; made if missing.
        name: of the model; the recipe's by default.
        decoding: the recipe's own by default.

    Returns:
        ``folder``.

    Raises:
        TrainingError: no run there, or the exported graph does not agree with torch.
    """
    network, saved = load_network(run)
    stride = int(network.stride)  # type: ignore[arg-type]
    decoding = decoding or Decoding(**saved["recipe"].get("decoding", {}))
    uniform = saved["recipe"]["stages"][saved["stage"]]["method_settings"].get("uniform", 0.5)
    weight = rebalancing_weights(smooth_prior(np.asarray(saved["prior"])), uniform)
    decoder = Decoder(network, decoding, torch.from_numpy(weight)).eval()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "model.onnx"
    onnx.save(store_as_half(to_onnx(decoder, stride)), path)
    check(decoder, path, stride)
    _card(folder, path, network, saved, decoding, name).save()
    return folder


def to_onnx(decoder: nn.Module, stride: int) -> onnx.ModelProto:
    """Trace the decoder into a graph that takes any batch, height and width that fit the stride."""
    dim = torch.export.Dim
    rows, columns = dim("rows", min=1, max=256), dim("columns", min=1, max=256)
    dynamic = {"L": {0: dim("batch", min=1, max=256), 2: stride * rows, 3: stride * columns}}
    example = torch.rand(2, 1, 4 * stride, 5 * stride) * 100
    program = torch.onnx.export(
        decoder, (example,), input_names=["L"], output_names=OUTPUTS, opset_version=OPSET,
        dynamic_shapes=dynamic, dynamo=True, verbose=False,
    )  # fmt: skip
    assert program is not None
    return program.model_proto


def store_as_half(model: onnx.ModelProto) -> onnx.ModelProto:
    """Store large fp32 weights as fp16 with a cast behind each: half the file, computed in fp32 as before."""
    casts = []
    for weight in model.graph.initializer:
        values = numpy_helper.to_array(weight)
        if weight.data_type != TensorProto.FLOAT or values.size < SMALL_WEIGHTS:
            continue
        half = numpy_helper.from_array(values.astype(np.float16), f"{weight.name}.half")
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
def check(decoder: nn.Module, path: Path, stride: int) -> float:
    """Compare the file with torch at two sizes; return the largest difference in ab.

    Raises:
        TrainingError: it is over ``TOLERANCE``.
    """
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    rng = np.random.default_rng(0)
    worst = 0.0
    for height, width in ((4 * stride, 5 * stride), (stride, 7 * stride)):
        ramp = np.linspace(0, 100, width, dtype=np.float32)[None].repeat(height, 0)
        L = (ramp + rng.normal(0, 5, (height, width))).clip(0, 100).astype(np.float32)[None, None]
        theirs = session.run(["ab"], {"L": L})[0]
        ours = decoder(torch.from_numpy(L))[0].numpy()
        worst = max(worst, float(np.abs(theirs - ours).max()))
    if worst > TOLERANCE:
        raise TrainingError(f"{path}: the exported graph differs from torch by {worst:.2f} ab units")
    return worst


def _card(
    folder: Path, path: Path, network: nn.Module, saved: dict[str, Any], decoding: Decoding, name: str | None
) -> Card:
    recipe = saved["recipe"]
    stages = [dict(stage) for stage in recipe["stages"][: saved["stage"] + 1]]
    seen = sum(s["steps"] * s["batch_size"] for s in stages[:-1]) + saved["step"] * stages[-1]["batch_size"]
    return Card(
        name=name or recipe["name"],
        method=", then ".join(dict.fromkeys(stage["method"] for stage in stages)),
        summary=recipe["summary"],
        file=path.name,
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
        stride=network.stride,  # type: ignore[arg-type]
        output_stride=OUTPUT_STRIDE,
        default_size=decoding.size,
        inputs=["L"],
        outputs=OUTPUTS,
        parameters=sum(p.numel() for p in network.parameters()),
        bins=ab_bins().tolist(),
        temperature=decoding.temperature,
        training={"pictures_seen": seen, "hours": round(saved["seconds"] / 3600, 2), "recipe": recipe},
        licence="MIT",
        folder=folder,
    )


def describe(folder: Path, **facts: Any) -> None:
    """Add facts to a card that no run knows: scores, known failures, intended use."""
    path = folder / "card.json"
    content = json.loads(path.read_text())
    content.update(facts)
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")
