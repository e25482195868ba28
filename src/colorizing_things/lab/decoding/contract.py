"""What a network's graphs must be for the product (CONTRIBUTING.md, "What a model is"), seen to by running them."""

from __future__ import annotations

import torch
from torch import Tensor

from colorizing_things.errors import SettingError

from .graph import Graph

INPUTS = ("L", "hint_ab", "hint_mask", "z")
OUTPUTS = ("ab", "logits", "confidence", "features", "mode_weights", "modes")
CELLS = (2, 3)  # of the stride: what a graph is tried on


def check_graphs(graphs: dict[str, Graph], name: str) -> None:
    """Run each once on a small picture and look at what comes.

    Args:
        graphs: a file each by its stem, the one that gives ``ab`` last.
        name: of the network, for the message.

    Raises:
        SettingError: what of the contract does not hold.
    """
    known: dict[str, Tensor] = {}
    for stem, graph in graphs.items():
        foreign = [given for given in graph.inputs if given not in (*INPUTS, *known)]
        if foreign:
            raise SettingError(f"network {name}: its {stem} takes {foreign[0]}; a graph takes {', '.join(INPUTS)}")
        known |= _answers(graph, known, f"network {name}: its {stem}")
    *_, last = graphs.values()
    _check_outputs(last, known, f"network {name}: its {stem}")


@torch.no_grad()
def _answers(graph: Graph, known: dict[str, Tensor], what: str) -> dict[str, Tensor]:
    height, width = (graph.fixed_size or cells * graph.stride for cells in CELLS)
    device = next(graph.module.parameters()).device
    L = torch.full((1, 1, height, width), 50.0, device=device)
    hints = {"hint_ab": L.new_zeros(1, 2, height, width), "hint_mask": torch.zeros_like(L)}
    given = {"L": L, **hints, **graph.zeros(L), **known}
    answers = graph.module.eval()(*(given[name] for name in graph.inputs))
    if len(answers) != len(graph.outputs):
        raise SettingError(f"{what} gives {len(answers)} tensors and names {len(graph.outputs)}: {graph.outputs}")
    return {"L": L, **dict(zip(graph.outputs, answers, strict=True))}


def _check_outputs(graph: Graph, known: dict[str, Tensor], what: str) -> None:
    if "ab" not in graph.outputs or not set(graph.outputs) <= set(OUTPUTS):
        raise SettingError(
            f"{what} gives {', '.join(graph.outputs)}; it must give ab, and may give {', '.join(OUTPUTS[1:])}"
        )
    height, width = (side // graph.output_stride for side in known["L"].shape[2:])
    wanted = {"ab": (1, 2, height, width), "confidence": (1, 1, height, width)}
    for name, shape in wanted.items():
        if name in graph.outputs and tuple(known[name].shape) != shape:
            raise SettingError(
                f"{what} gives {name} of shape {tuple(known[name].shape)}; output_stride {graph.output_stride} says "
                f"{shape}"
            )
    if "logits" in known and graph.bins and known["logits"].shape[1] != len(graph.bins):
        raise SettingError(f"{what} gives logits over {known['logits'].shape[1]} bins and lists {len(graph.bins)}")
