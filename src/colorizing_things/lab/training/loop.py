"""The loop, readable in one sitting: stages, steps, averages, checkpoints, samples.

What one step does is the method's business; what a batch holds is a pure function of (seed, step, process). So a
run is its recipe and its data, and a resumed run equals an unbroken one.
"""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from lightning_fabric import Fabric
from torch import Tensor, nn
from torch.multiprocessing.spawn import ProcessRaisedException
from torch.optim.swa_utils import AveragedModel
from torch.utils.tensorboard import SummaryWriter

from colorizing_things.errors import TrainingError
from colorizing_things.lab.config.recipe import Recipe, Stage
from colorizing_things.lab.data.batches import Batch, Batches
from colorizing_things.lab.data.photographs import open_photographs
from colorizing_things.lab.data.prior import ab_prior
from colorizing_things.lab.decoding.sheets import sample_sheet
from colorizing_things.lab.methods import METHODS, Method
from colorizing_things.lab.networks import build, check_weights
from colorizing_things.lab.networks.checkpoints import averaged_weights, load, load_network
from colorizing_things.lab.training.averaging import schedule, warmed_average
from colorizing_things.lab.training.checkpoints import changed_settings, save
from colorizing_things.lab.training.devices import make_fabric, started_by_torchrun
from colorizing_things.lab.training.progress import ProgressLog, console

__all__ = ["RunSettings", "averaged_weights", "load_network", "schedule", "train"]

SAMPLES = 16


@dataclass(frozen=True)
class RunSettings:
    """How to run, as against what to train: nothing here changes the result but ``max_steps`` and ``devices``."""

    data: Path
    out: Path
    resume: bool = False
    start: Path | None = None  # weights to begin from: a checkpoint of a run with the same network
    max_steps: int | None = None
    devices: int = 1  # processes, each with a batch of its own; under torchrun it decides how many
    precision: str = "auto"  # bf16 where the hardware computes in it, else fp32

    @property
    def checkpoint(self) -> Path:
        """Where the run's state is kept."""
        return self.out / "last.ckpt"


class Run:
    """One training run in one folder: ``run.json``, ``last.ckpt``, ``samples/``, TensorBoard events.

    With several processes each has a Run; the first alone writes.
    """

    def __init__(self, fabric: Fabric, recipe: Recipe, settings: RunSettings) -> None:
        self.fabric, self.recipe, self.settings = fabric, recipe, settings
        self.writes = fabric.is_global_zero
        with fabric.rank_zero_first(local=True):  # the first decodes the photographs, the others find them decoded
            self.train, self.dev = open_photographs(settings.data)
        if self.writes:
            settings.out.mkdir(parents=True, exist_ok=True)
            self.log = SummaryWriter(str(settings.out))
        self.prior = ab_prior(self.train)
        self.steps_done = 0  # over all stages
        self.seconds = 0.0  # of training, over all stages and resumptions

    def run(self) -> nn.Module:
        """Train through all stages; return the averaged network."""
        saved = load(self.settings.checkpoint) if self.settings.resume else None
        if saved and self.writes:
            self._log_changed_settings(saved["recipe"])
        weights = saved["network"] if saved else self._starting_weights()
        averaged: nn.Module | None = None
        self.seconds = saved["seconds"] if saved else 0.0
        for number, stage in enumerate(self.recipe.stages):
            if saved and number < saved["stage"]:
                self.steps_done += stage.steps
                continue
            torch.manual_seed(stage.seed)
            network = build(
                stage.network.name, size=stage.data.size, pretrained=weights is None, **stage.network.settings
            )
            if weights is not None:
                self._load(network, weights)
            self._write_run_file()
            averaged = self._run_stage(number, stage, network, saved)
            saved, weights = None, averaged.state_dict()
            if self._reached_max_steps():
                break
        assert averaged is not None
        return averaged

    def _log_changed_settings(self, before: dict[str, Any]) -> None:
        """Settings are the command's, not the checkpoint's: whoever forgot one should see it."""
        changed = changed_settings(before, self.recipe.model_dump())
        if changed:
            console.print(f"going on with other settings than before: {', '.join(changed)}", soft_wrap=True)

    def _load(self, network: nn.Module, weights: dict[str, Tensor]) -> None:
        try:
            network.load_state_dict(weights)
        except RuntimeError as error:
            source = self.settings.checkpoint if self.settings.resume else self.settings.start
            first = str(error).splitlines()[1].strip()
            raise TrainingError(
                f"{source}: its network has other settings than this recipe ({first}); give the same size and "
                "settings of the network"
            ) from error

    def _write_run_file(self) -> None:
        if self.writes:
            describe = {"recipe": self.recipe.model_dump(), "pictures": len(self.train), "dev": len(self.dev)}
            (self.settings.out / "run.json").write_text(json.dumps(describe, indent=2))

    def _starting_weights(self) -> dict[str, Tensor] | None:
        return None if self.settings.start is None else averaged_weights(load(self.settings.start))

    def _reached_max_steps(self) -> bool:
        return self.settings.max_steps is not None and self.steps_done >= self.settings.max_steps

    def _run_stage(self, number: int, stage: Stage, network: nn.Module, saved: dict[str, Any] | None) -> nn.Module:
        network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        rank = self.fabric.global_rank
        method = METHODS[stage.method.name](self.fabric, network, stage, self.prior)
        average = AveragedModel(network, multi_avg_fn=warmed_average(stage.optimizer.ema), use_buffers=True)
        first = 0
        if saved:
            first = saved["step"]
            self._restore(method, average, saved)
        self.steps_done += first
        groups = [group for trainable in method.trainables.values() for group in trainable.optimizer.param_groups]
        base = [(group, group["lr"]) for group in groups]
        title = f"stage {number + 1}/{len(self.recipe.stages)}"
        progress = ProgressLog(self.log, stage, title, first, self.fabric.world_size) if self.writes else None
        started = time.perf_counter() - self.seconds
        latest: dict[str, Tensor] = {}  # the newest of each loss: not every step has them all
        with Batches(self.train, stage.data, stage.seed + 1000 * number, rank) as batches:
            for step in range(first, stage.steps):
                if self._reached_max_steps():
                    break
                for group, lr in base:
                    group["lr"] = lr * schedule(step, stage)
                torch.manual_seed((hash((stage.seed, number, step)) + rank) % 2**31)
                method.step_number = step
                latest |= method.step(Batch(*(t.to(self.fabric.device) for t in batches(step))))
                average.update_parameters(network)
                self.steps_done += 1
                self.seconds = time.perf_counter() - started
                last = step + 1 == stage.steps or self._reached_max_steps()
                if progress is None:
                    continue
                if (step + 1) % stage.log.log_every == 0 or last:
                    progress.report(step + 1, self.steps_done, latest | method.gradient_norms)
                if (step + 1) % stage.log.checkpoint_every == 0 or last:
                    self._save(number, step + 1, method, network, average)
                if (step + 1) % stage.log.sample_every == 0 or last:
                    self._sample(stage, average.module, progress)
        return average.module

    def _save(self, stage: int, step: int, method: Method, network: nn.Module, average: AveragedModel) -> None:
        trainables = {
            name: {"module": p.module.state_dict(), "optimizer": p.optimizer.state_dict()}
            for name, p in method.trainables.items()
        }
        state = {
            "stage": stage, "step": step, "steps_done": self.steps_done, "network": network.state_dict(),
            "average": average.state_dict(), "trainables": trainables, "recipe": self.recipe.model_dump(),
            "prior": torch.from_numpy(self.prior), "seconds": self.seconds,
        }  # fmt: skip
        save(state, self.settings.checkpoint)

    @staticmethod
    def _restore(method: Method, average: AveragedModel, saved: dict[str, Any]) -> None:
        average.load_state_dict(saved["average"])
        if set(saved["trainables"]) != set(method.trainables):
            raise TrainingError("the checkpoint belongs to another recipe; use another --out")
        for name, trainable in method.trainables.items():
            # Rates and what else the recipe sets are the recipe's; the checkpoint has the optimizer's memory.
            given = [{k: v for k, v in group.items() if k != "params"} for group in trainable.optimizer.param_groups]
            try:
                trainable.module.load_state_dict(saved["trainables"][name]["module"])
                trainable.optimizer.load_state_dict(saved["trainables"][name]["optimizer"])
            except (RuntimeError, ValueError) as error:
                raise TrainingError(f"the checkpoint's {name} has other settings than this recipe's") from error
            for group, own in zip(trainable.optimizer.param_groups, given, strict=True):
                group.update(own)

    def _sample(self, stage: Stage, network: nn.Module, progress: ProgressLog) -> None:
        """Colour a fixed handful of large dev pictures, as a PNG and in TensorBoard; measure what the method can."""
        pictures = self.dev if len(self.dev) else self.train
        progress.log_metrics(self.steps_done, METHODS[stage.method.name].validation_metrics(network, pictures, stage))
        try:
            method = METHODS[stage.method.name]
            graph = method.graph(network, self.prior, stage.method.settings, self.recipe.decoding)
        except TrainingError:
            return  # a network that does not colour has no samples
        order = np.random.default_rng(0).permutation(len(pictures))
        largest = order[np.argsort(-pictures.shapes[order].min(axis=1), kind="stable")][:SAMPLES]
        was_training = network.training
        sheet = sample_sheet(graph, [pictures[int(i)] for i in largest])
        network.train(was_training)
        folder = self.settings.out / "samples"
        folder.mkdir(exist_ok=True)
        sheet.save(folder / f"{self.steps_done:06d}.png")
        self.log.add_image("grey, ours, real", np.asarray(sheet), self.steps_done, dataformats="HWC")


def best_precision() -> str:
    """bf16 where the hardware computes in it; elsewhere its emulation is many times slower than fp32."""
    if torch.cuda.is_available():
        return "bf16-mixed" if torch.cuda.is_bf16_supported() else "16-mixed"
    return "bf16-mixed" if torch.ops.mkldnn._is_mkldnn_bf16_supported() else "32-true"


def check_folder(settings: RunSettings) -> None:
    """Refuse to overwrite a run, or to resume none."""
    if settings.resume and not settings.checkpoint.exists():
        raise TrainingError(f"{settings.checkpoint}: nothing to resume; leave out --resume")
    if settings.checkpoint.exists() and not settings.resume:
        raise TrainingError(f"{settings.out}: already holds a run; use --resume or another --out")


def train(recipe: Recipe, settings: RunSettings) -> nn.Module:
    """Train a recipe; the averaged network is returned and lies in ``settings.out`` as ``last.ckpt``.

    With ``devices`` over 1 the processes are started here; each sees a batch of its own, so a step learns from
    ``devices`` times ``batch_size`` pictures.
    """
    check_folder(settings)
    if not settings.resume and settings.start is None:
        check_weights(recipe.stages[0].network.name, recipe.stages[0].network.settings)
    precision = best_precision() if settings.precision == "auto" else settings.precision
    fabric = make_fabric(settings.devices, precision)
    if settings.devices == 1 or started_by_torchrun():
        fabric.launch()
        return _work(fabric, recipe, settings)
    try:
        fabric.launch(partial(_work_and_leave, recipe=recipe, settings=settings))
    except ProcessRaisedException as error:  # holds the whole traceback; what was said is its last line
        raise TrainingError(str(error).strip().splitlines()[-1].partition(": ")[2]) from error
    return load_network(settings.out)[0]


def _work(fabric: Fabric, recipe: Recipe, settings: RunSettings) -> nn.Module:
    torch.set_float32_matmul_precision("high")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    return Run(fabric, recipe, settings).run()


def _work_and_leave(fabric: Fabric, recipe: Recipe, settings: RunSettings) -> None:
    """What a spawned process does; the network stays in the checkpoint, for it is too large to hand over."""
    _work(fabric, recipe, settings)
