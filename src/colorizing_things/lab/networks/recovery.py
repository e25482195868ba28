"""A flow's weights back out of the graphs that were exported of it, to train it further."""

from __future__ import annotations

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from torch import Tensor

from colorizing_things.errors import TrainingError
from colorizing_things.model.card import Card

from .flow import Flow

# Of guidance; what the exporter folds into a convolution; what models had not before hints kept to their objects.
NOT_EXPORTED = ("denoiser.null", "condition.norms.3.", "belonging.")
BATCH_NORM_EPS = 1e-5  # torch's


def flow_of(card: Card) -> Flow:
    """The network of a model of two graphs, in eval mode, as near to what was trained as fp16 keeps it.

    What stands for "no picture" in guidance is not in the graphs: the network can be tuned and distilled from, but not
    guided.

    Args:
        card: the model's.

    Raises:
        ModelError: a missing file, or one that is not the card's.
        TrainingError: a model that is no flow.
    """
    found = {name: value for path in card.verified_paths().values() for name, value in _weights(path)}
    blocks = {name.split(".")[2] for name in found if name.startswith("denoiser.blocks.")}
    if not blocks or "denoiser.norm.weight" not in found:
        raise TrainingError(f"{card.name}: is no flow, so its weights cannot be taken back out of its graphs")
    network = Flow(width=len(found["denoiser.norm.weight"]), depth=len(blocks), weights="none")
    state = network.state_dict()
    for name in state:
        if name in found and found[name].shape == state[name].shape:
            state[name] = found[name]
        elif not name.startswith(NOT_EXPORTED) and not name.endswith("num_batches_tracked"):
            raise TrainingError(
                f"{card.name}: its graphs have no {name}; it was exported by another version of the lab"
            )
    state["condition.norms.3.running_mean"].zero_()
    state["condition.norms.3.running_var"].fill_(1 - BATCH_NORM_EPS)
    network.load_state_dict(state)
    return network.eval()


def _weights(path: object) -> list[tuple[str, Tensor]]:
    """Names and values of a graph's weights; those stored as halves have ``.half`` behind their names."""
    graph = onnx.load(str(path)).graph
    return [
        (weight.name.removesuffix(".half"), torch.from_numpy(numpy_helper.to_array(weight).astype(np.float32)))
        for weight in graph.initializer
    ]
