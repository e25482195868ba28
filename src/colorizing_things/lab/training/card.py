"""What a run's network is: graphs that colour, and the card that says so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from torch import nn

from colorizing_things.lab.config.recipe import Component
from colorizing_things.lab.decoding.graph import Graph
from colorizing_things.lab.methods import METHODS
from colorizing_things.model.card import Card

ANSWERS = ("logits", "confidence", "features")  # outputs of the contract that an encoder may give by itself


def graphs_of(network: nn.Module, saved: dict[str, Any]) -> dict[str, Graph]:
    """What a checkpoint's network is as something that colours (:meth:`.Method.graphs`)."""
    stage = saved["recipe"]["stages"][saved["stage"]]
    decoding = saved["recipe"]["decoding"]
    method = Component(**stage["method"])
    return METHODS[method.name].graphs(network, np.asarray(saved["prior"]), method.settings, decoding)


def card_of(graphs: dict[str, Graph], saved: dict[str, Any], name: str | None = None) -> Card:
    """What a checkpoint's network is, as far as it is known before it is exported: without its files.

    Args:
        graphs: :func:`graphs_of` it.
        saved: the checkpoint.
        name: of the model; the recipe's by default.
    """
    recipe = without_paths(saved["recipe"])
    stages = [dict(stage) for stage in recipe["stages"][: saved["stage"] + 1]]
    *_, graph = graphs.values()
    features = graph.encoder.outputs if graph.encoder else ()
    return Card(
        name=name or recipe["name"],
        method=", then ".join(dict.fromkeys(stage["method"]["name"] for stage in stages)),
        summary=recipe["summary"],
        stride=graph.stride,
        output_stride=graph.output_stride,
        default_size=graph.size,
        fixed_size=graph.fixed_size,
        inputs=["L", *(given for given in graph.inputs if given not in ("L", *features))],
        outputs=[*graph.outputs, *(given for given in features if given in ANSWERS)],
        parameters=sum(p.numel() for part in graphs.values() for p in part.module.parameters()),
        bins=[list(center) for center in graph.bins],
        temperature=graph.temperature,
        noise_stride=graph.noise_stride,
        mood=graph.mood,
        reference_features=graph.reference_features,
        affinity=list(graph.affinity),
        training={
            "pictures_seen": saved["pictures_seen"],
            "hours": round(saved["seconds"] / 3600, 2),
            **saved.get("provenance", {}),
            "recipe": recipe,
        },
        licence="MIT",
    )


def without_paths(recipe: dict[str, Any]) -> dict[str, Any]:
    """The recipe with weights and runs called by their names, not by where they lay on this machine."""

    def named(settings: dict[str, Any]) -> dict[str, Any]:
        return {key: Path(value).name if isinstance(value, str) else value for key, value in settings.items()}

    tables = ("network", "method")
    stages = [{**stage, **{table: named(stage[table]) for table in tables}} for stage in recipe["stages"]]
    return {**{key: value for key, value in recipe.items() if key != "overrides"}, "stages": stages}
