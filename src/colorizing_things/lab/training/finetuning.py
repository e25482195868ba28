"""The bundled model, or another flow, tuned to somebody's photographs: measured before and after, and calibrated."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path
from typing import cast

import numpy as np
import torch
import torch.nn.functional as F

from colorizing_things.errors import TrainingError
from colorizing_things.lab.config.recipe import Component, Recipe
from colorizing_things.lab.data.photographs import Photographs
from colorizing_things.lab.data.planes import to_lab
from colorizing_things.lab.decoding.flow import Confidence, FlowDecoding, toning_of, whole_graph
from colorizing_things.lab.decoding.sheets import predict
from colorizing_things.lab.methods.flow_finetuning import FlowFinetuning
from colorizing_things.lab.networks.checkpoints import load_network
from colorizing_things.lab.networks.flow import AB_SCALE, FIELD_STRIDE, Flow, draw
from colorizing_things.lab.networks.recovery import flow_of
from colorizing_things.lab.recipes.load import load_recipe
from colorizing_things.model.card import Card, load_card

from .checkpoints import BEST, save
from .loop import ENOUGH_DEV, open_data, overrides_of, train
from .progress import console
from .settings import RunSettings
from .starting_point import model_of, network_and_decoding
from .validation import STEERS, color_errors

RECIPE, NOTICE = "finetune", "NOTICE"
RIGHT = 10.0  # CIELAB units: the error that the confidence speaks of
CHROMAS = (0.5, 1.5)  # factors on the result's chroma that calibration may choose
TEMPERATURES = tuple(np.geomspace(0.4, 2.5, 22).round(3).tolist())


@dataclasses.dataclass(frozen=True)
class FinetuneResult:
    """What came of it.

    Attributes:
        start: the model that was tuned.
        run: the checkpoint to export, calibrated.
        before, after: figures on the held-out pictures (:func:`.color_errors`); empty where those are too few.
    """

    start: Card
    run: Path
    before: dict[str, float]
    after: dict[str, float]


def finetune(settings: RunSettings, overrides: list[str]) -> FinetuneResult:
    """Tune the model that ``settings.start`` names.

    Args:
        settings: of the run; what is in its folder is gone on with.
        overrides: ``key=value``, over the recipe ``finetune``.

    Raises:
        TrainingError: ``start`` is no model, or no flow.
    """
    if settings.start is None or (card := model_of(settings.start)) is None:
        raise TrainingError(
            f"--start {settings.start}: is a run; name its recipe too, colorize train RECIPE --start ..."
        )
    recipe = recipe_for(card, [*overrides_of(RECIPE, settings), *overrides])
    dev = open_data(recipe, settings).dev
    start, decoding = flow_of(card), _decoding(recipe)
    before = _measured(start, decoding, dev)
    train(recipe, settings)
    best = settings.out / BEST
    checkpoint = best if best.exists() else settings.checkpoint
    network, saved = load_network(checkpoint)
    tuned = cast(Flow, network)
    if before:
        decoding = calibrated(tuned, decoding, dev, before["dev_chroma"])
        saved["recipe"]["decoding"] = decoding.model_dump(mode="json")
        save(saved, checkpoint)
    return FinetuneResult(card, checkpoint, before, _measured(tuned, decoding, dev))


def recipe_for(card: Card, overrides: list[str]) -> Recipe:
    """The recipe ``finetune`` for a model's own width, depth and decoding."""
    network, decoding = network_and_decoding(card)
    recipe = load_recipe(RECIPE, overrides)
    asked = {"times": decoding["times"]} if "times" in decoding else {}
    stages = [
        stage.model_copy(
            update={
                "network": Component(name=stage.network.name, **{**stage.network.settings, **network}),
                "method": Component(name=stage.method.name, **{**asked, **stage.method.settings}),
            }
        )
        for stage in recipe.stages
    ]
    given = {key.partition(".")[2] for key in overrides if key.startswith("decoding.")}
    kept = {key: value for key, value in decoding.items() if key not in {name.partition("=")[0] for name in given}}
    return recipe.model_copy(update={"stages": tuple(stages), "decoding": {**recipe.decoding, **kept}})


def _decoding(recipe: Recipe) -> FlowDecoding:
    return cast(FlowDecoding, FlowFinetuning.decoding_settings(recipe.decoding))


def _measured(network: Flow, decoding: FlowDecoding, dev: Photographs) -> dict[str, float]:
    return color_errors(whole_graph(network, decoding), dev, len(dev)) if len(dev) >= ENOUGH_DEV else {}


def calibrated(network: Flow, decoding: FlowDecoding, dev: Photographs, color: float) -> FlowDecoding:
    """A decoding by which the network is at least as colourful on ``dev`` as it was, and its confidence right.

    Of the factors on chroma from that one up to the decoding's own the one with the smallest 95th percentile of the
    error is taken: less colour always errs less, so there must be a floor.

    Args:
        network: tuned.
        decoding: as it was.
        dev: held-out pictures.
        color: chroma beside the true one that the network had before; no more than 1 is asked for.
    """
    own = decoding.chroma
    ratio = _measured(network, decoding, dev)["dev_chroma"] / own
    least = float(np.clip(min(color, 1.0) / max(ratio, 1e-6), *CHROMAS))
    tried = [decoding.model_copy(update={"chroma": round(c, 3)}) for c in np.linspace(least, max(least, own), 3)]
    found = min(tried, key=lambda d: _measured(network, d, dev)[STEERS])
    return found.model_copy(update={"confidence_temperature": _temperature(network, found, dev)})


@torch.no_grad()
def _temperature(network: Flow, decoding: FlowDecoding, dev: Photographs) -> float:
    """Of :data:`TEMPERATURES` the one at which the chance of an error under 10 has the least log loss."""
    losses, confidence = np.zeros(len(TEMPERATURES)), Confidence()
    for index in range(len(dev)):
        L, _ = predict(whole_graph(network, decoding), dev[index])
        height, width = L.shape[-2:]
        pixels = torch.from_numpy(dev[index].copy()).permute(2, 0, 1)[None]
        pixels = F.pad(
            pixels.float(), (0, max(0, width - pixels.shape[3]), 0, max(0, height - pixels.shape[2])), "replicate"
        )
        _, real = to_lab(pixels[..., :height, :width] / 255, FIELD_STRIDE)
        seen, nothing = network.see(L), torch.zeros_like(real)
        end = draw(network.denoiser, seen, nothing, nothing, nothing[:, :1], decoding.times, decoding.guidance)
        ab = toning_of(decoding)(end * AB_SCALE)
        right = ((ab - real).norm(dim=1, keepdim=True) < RIGHT).float()
        for number, temperature in enumerate(TEMPERATURES):
            sure = confidence(ab, torch.log_softmax(seen.logits / temperature, 1)).clamp(1e-4, 1 - 1e-4)
            losses[number] += float(F.binary_cross_entropy(sure, right)) / len(dev)
    return float(TEMPERATURES[int(losses.argmin())])


def report(tuned: FinetuneResult) -> None:
    """Print the figures before and after, a line each."""
    if not tuned.before:
        console.print(f"fewer than {ENOUGH_DEV} photographs are held out: nothing was measured, nothing calibrated")
        return
    for name, figures in (("before", tuned.before), ("after", tuned.after)):
        text = "  ".join(f"{key.removeprefix('dev_')} {value:.2f}" for key, value in figures.items())
        console.print(f"{name} on held-out photographs: {text}", soft_wrap=True)


def describe_tuned(tuned: FinetuneResult, folder: Path) -> None:
    """Say on the exported model's card what it grew from, and lay that one's notices beside it."""
    card, start = load_card(folder), tuned.start
    scores = {f"{when} {key.removeprefix('dev_')}": round(value, 2) for when, key, value in _scores(tuned)}
    dataclasses.replace(
        card,
        summary=f"{start.name}, tuned to {card.training['pictures']} photographs.",
        training={**card.training, "started_from": {"name": start.name, "training": start.training.get("summary", "")}},
        scores=scores,
        known_failures=start.known_failures,
        licence=start.licence,
    ).save()
    if (start.folder / NOTICE).exists():
        shutil.copy(start.folder / NOTICE, folder / NOTICE)


def _scores(tuned: FinetuneResult) -> list[tuple[str, str, float]]:
    return [(when, key, value) for when in ("before", "after") for key, value in getattr(tuned, when).items()]
