"""The loop, readable in one sitting: stages, steps, averages, checkpoints, samples.

What one step does is the method's business; what a batch holds is a pure function of (seed, step). So a run
is its recipe and its data, and a resumed run equals an unbroken one.
"""

from __future__ import annotations

import dataclasses
import json
import math
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from lightning_fabric import Fabric
from rich.console import Console
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel
from torch.utils.tensorboard import SummaryWriter

from colorizing_things.errors import TrainingError

from .batches import Batch, Batches, Sampling, to_lab
from .methods import METHODS, Method
from .methods.base import Rates
from .networks import build
from .objectives.classification import ab_prior
from .photographs import Photographs, open_photographs
from .recipes import Recipe, Stage
from .sheets import sample_sheet

console = Console()
SAMPLES = 16


@dataclass(frozen=True)
class RunSettings:
    """How to run, as against what to train: nothing here changes the result but ``max_steps``."""

    data: Path
    out: Path
    resume: bool = False
    start: Path | None = None  # weights to begin from: a checkpoint of a run with the same network
    max_steps: int | None = None
    log_every: int = 50
    checkpoint_every: int = 250
    sample_every: int = 1000
    precision: str = "auto"  # bf16 where the hardware computes in it, else fp32


class Run:
    """One training run in one folder: ``run.json``, ``last.ckpt``, ``samples/``, TensorBoard events."""

    def __init__(self, recipe: Recipe, settings: RunSettings) -> None:
        self.recipe, self.settings = recipe, settings
        self.checkpoint = settings.out / "last.ckpt"
        self._check_folder()
        precision = best_precision() if settings.precision == "auto" else settings.precision
        self.fabric = Fabric(accelerator="auto", devices=1, precision=precision)  # type: ignore[arg-type]
        self.train, self.dev = open_photographs(settings.data)
        settings.out.mkdir(parents=True, exist_ok=True)
        describe = {"recipe": dataclasses.asdict(recipe), "pictures": len(self.train), "dev": len(self.dev)}
        (settings.out / "run.json").write_text(json.dumps(describe, indent=2))
        self.log = SummaryWriter(str(settings.out))
        self.prior = ab_prior(self.train)
        self.steps_done = 0  # over all stages
        self.seconds = 0.0  # of training, over all stages and resumptions

    def _check_folder(self) -> None:
        if self.settings.resume and not self.checkpoint.exists():
            raise TrainingError(f"{self.checkpoint}: nothing to resume; leave out --resume")
        if self.checkpoint.exists() and not self.settings.resume:
            raise TrainingError(f"{self.settings.out}: already holds a run; use --resume or another --out")

    def run(self) -> nn.Module:
        """Train through all stages; return the averaged network."""
        saved = torch.load(self.checkpoint, map_location="cpu", weights_only=True) if self.settings.resume else None
        weights = saved["network"] if saved else self._starting_weights()
        averaged: nn.Module | None = None
        self.seconds = saved["seconds"] if saved else 0.0
        for number, stage in enumerate(self.recipe.stages):
            if saved and number < saved["stage"]:
                self.steps_done += stage.steps
                continue
            torch.manual_seed(stage.seed)
            network = build(stage.network, **stage.network_settings)
            if weights is not None:
                network.load_state_dict(weights)
            averaged = self._run_stage(number, stage, network, saved)
            saved, weights = None, averaged.state_dict()
            if self._exhausted():
                break
        assert averaged is not None
        return averaged

    def _starting_weights(self) -> dict[str, Tensor] | None:
        if self.settings.start is None:
            return None
        return averaged_weights(torch.load(self.settings.start, map_location="cpu", weights_only=True))

    def _exhausted(self) -> bool:
        return self.settings.max_steps is not None and self.steps_done >= self.settings.max_steps

    def _run_stage(self, number: int, stage: Stage, network: nn.Module, saved: dict[str, Any] | None) -> nn.Module:
        network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        rates = Rates(stage.lr, stage.encoder_lr, stage.discriminator_lr, stage.weight_decay)
        method = METHODS[stage.method](self.fabric, network, rates, self.prior, **stage.method_settings)
        average = AveragedModel(network, multi_avg_fn=warmed_average(stage.ema), use_buffers=True)
        first = 0
        if saved:
            first = saved["step"]
            self._restore(method, network, average, saved)
        sampling = Sampling(
            stage.size, stage.batch_size, stage.source_power, stage.min_side, stage.min_crop, stage.aged,
            stage.target_stride, seed=stage.seed + 1000 * number,
        )  # fmt: skip
        self.steps_done += first
        base = [(group, group["lr"]) for p in method.players.values() for group in p.optimizer.param_groups]
        base = [(group, group.setdefault("base_lr", lr)) for group, lr in base]
        meter = Meter(self.log, stage, f"stage {number + 1}/{len(self.recipe.stages)}", first)
        started = time.perf_counter() - self.seconds
        with Batches(self.train, sampling) as batches:
            for step in range(first, stage.steps):
                if self._exhausted():
                    break
                for group, lr in base:
                    group["lr"] = lr * schedule(step, stage)
                torch.manual_seed(hash((stage.seed, number, step)) % 2**31)
                losses = method.step(Batch(*(t.to(self.fabric.device) for t in batches(step))))
                average.update_parameters(network)
                self.steps_done += 1
                self.seconds = time.perf_counter() - started
                last = step + 1 == stage.steps or self._exhausted()
                if (step + 1) % self.settings.log_every == 0 or last:
                    meter.report(step + 1, self.steps_done, losses)
                if (step + 1) % self.settings.checkpoint_every == 0 or last:
                    self._save(number, step + 1, method, network, average)
                if (step + 1) % self.settings.sample_every == 0 or last:
                    self._sample(stage, average.module)
        return average.module

    def _save(self, stage: int, step: int, method: Method, network: nn.Module, average: AveragedModel) -> None:
        players = {
            name: {"module": p.module.state_dict(), "optimizer": p.optimizer.state_dict()}
            for name, p in method.players.items()
        }
        state = {
            "stage": stage, "step": step, "steps_done": self.steps_done, "network": network.state_dict(),
            "average": average.state_dict(), "players": players, "recipe": dataclasses.asdict(self.recipe),
            "prior": torch.from_numpy(self.prior), "seconds": self.seconds,
        }  # fmt: skip
        partial = self.checkpoint.with_suffix(".partial")
        torch.save(state, partial)
        partial.replace(self.checkpoint)

    @staticmethod
    def _restore(method: Method, network: nn.Module, average: AveragedModel, saved: dict[str, Any]) -> None:
        average.load_state_dict(saved["average"])
        if set(saved["players"]) != set(method.players):
            raise TrainingError("the checkpoint belongs to another recipe; use another --out")
        for name, player in method.players.items():
            player.module.load_state_dict(saved["players"][name]["module"])
            player.optimizer.load_state_dict(saved["players"][name]["optimizer"])

    def _sample(self, stage: Stage, network: nn.Module) -> None:
        """Colour a fixed handful of large dev pictures, as a PNG and in TensorBoard."""
        try:
            graph = METHODS[stage.method].graph(network, self.prior, stage.method_settings, self.recipe.decoding)
        except TrainingError:
            return  # a network that does not colour has no samples
        pictures = self.dev if len(self.dev) else self.train
        order = np.random.default_rng(0).permutation(len(pictures))
        largest = order[np.argsort(-pictures.shapes[order].min(axis=1), kind="stable")][:SAMPLES]
        was_training = network.training
        sheet = sample_sheet(graph, [pictures[int(i)] for i in largest])
        network.train(was_training)
        folder = self.settings.out / "samples"
        folder.mkdir(exist_ok=True)
        sheet.save(folder / f"{self.steps_done:06d}.png")
        self.log.add_image("grey, ours, real", np.asarray(sheet), self.steps_done, dataformats="HWC")


class Meter:
    """Prints a line and logs to TensorBoard; stops a run that has diverged."""

    def __init__(self, log: SummaryWriter, stage: Stage, title: str, step: int) -> None:
        self.log, self.stage, self.title = log, stage, title
        self.since, self.step = time.perf_counter(), step

    def report(self, step: int, total: int, losses: dict[str, Tensor]) -> None:
        """Log one step's losses and the rate since the last report."""
        now = time.perf_counter()
        rate = (step - self.step) * self.stage.batch_size / (now - self.since)
        values = {name: float(value) for name, value in losses.items()}
        for name, value in values.items():
            self.log.add_scalar(name, value, total)
            if not math.isfinite(value):
                raise TrainingError(f"step {total}: {name} is {value}; the run diverged, lower the learning rate")
        left = (self.stage.steps - step) * self.stage.batch_size / max(rate, 1e-6) / 60
        text = "  ".join(f"{name} {value:.3f}" for name, value in values.items())
        console.print(f"{self.title} step {step}: {text}  {rate:.0f} pictures/s, {left:.0f} min left", soft_wrap=True)
        self.since, self.step = now, step


def best_precision() -> str:
    """bf16 where the hardware computes in it; elsewhere its emulation is many times slower than fp32."""
    if torch.cuda.is_available():
        return "bf16-mixed" if torch.cuda.is_bf16_supported() else "16-mixed"
    return "bf16-mixed" if torch.ops.mkldnn._is_mkldnn_bf16_supported() else "32-true"


def schedule(step: int, stage: Stage) -> float:
    """Share of the base rate at a step: linear warm-up, then a cosine down to ``final_lr``."""
    warm = min(1.0, (step + 1) / max(1, min(stage.warmup, stage.steps // 10)))
    cosine = 0.5 * (1 + math.cos(math.pi * step / stage.steps))
    return warm * (stage.final_lr + (1 - stage.final_lr) * cosine)


def warmed_average(decay: float) -> Any:
    """Exponential moving average whose memory grows to ``decay``, so that early steps are soon forgotten."""

    @torch.no_grad()
    def update(average: list[Tensor], current: list[Tensor], count: Tensor | int) -> None:
        weight = 1 - min(decay, (1 + int(count)) / (10 + int(count)))
        for kept, new in zip(average, current, strict=True):
            if kept.is_floating_point():
                kept.lerp_(new.to(kept.dtype), weight)
            else:
                kept.copy_(new)

    return update


def averaged_weights(checkpoint: dict[str, Any]) -> dict[str, Tensor]:
    """The averaged network's state dict, out of a checkpoint."""
    prefix = "module."
    return {key[len(prefix) :]: value for key, value in checkpoint["average"].items() if key.startswith(prefix)}


def load_network(run: Path) -> tuple[nn.Module, dict[str, Any]]:
    """The averaged network of a run's folder or checkpoint, in eval mode, and what ``run.json`` says.

    Raises:
        TrainingError: no checkpoint there.
    """
    checkpoint = run / "last.ckpt" if run.is_dir() else run
    if not checkpoint.exists():
        raise TrainingError(f"{checkpoint}: no such checkpoint")
    saved = torch.load(checkpoint, map_location="cpu", weights_only=True)
    stage = saved["recipe"]["stages"][saved["stage"]]
    settings = dict(stage["network_settings"])
    if "weights" not in settings and stage["network"] == "mobile-unet":
        settings["weights"] = "none"
    network = build(stage["network"], **settings)
    network.load_state_dict(averaged_weights(saved))
    return network.eval(), saved


def train(recipe: Recipe, settings: RunSettings) -> nn.Module:
    """Train a recipe; the averaged network is returned and lies in ``settings.out`` as ``last.ckpt``."""
    torch.set_float32_matmul_precision("high")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    return Run(recipe, settings).run()


__all__ = ["Photographs", "RunSettings", "load_network", "to_lab", "train"]
