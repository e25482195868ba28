"""The loop, readable in one sitting: stages, steps, averages, checkpoints, samples.

What one step does is the method's business; what a batch holds is a pure function of (seed, step, process). So a
run is its recipe and its data, and a resumed run equals an unbroken one.
"""

from __future__ import annotations

import json
import math
import time
from collections import Counter
from functools import partial
from typing import Any

import numpy as np
import torch
from lightning_fabric import Fabric
from torch import Tensor, nn
from torch.multiprocessing.spawn import ProcessRaisedException
from torch.optim.swa_utils import AveragedModel

from colorizing_things.errors import TrainingError
from colorizing_things.lab.config.recipe import Recipe, Stage
from colorizing_things.lab.data.photographs import STORED_SIZE, PhotographSet, open_photographs
from colorizing_things.lab.data.prior import ab_prior
from colorizing_things.lab.decoding.contract import check_graphs
from colorizing_things.lab.decoding.sheets import sample_sheet
from colorizing_things.lab.methods import METHODS, Method
from colorizing_things.lab.networks import build, check_weights
from colorizing_things.lab.networks.checkpoints import (
    CHECKPOINT,
    FORMAT,
    averaged_weights,
    load,
    load_network,
    recipe_of,
)
from colorizing_things.system import faults

from .allocator import keep_freed_memory
from .averaging import warmed_average
from .budget import Budget, budget_of, going_on
from .checkpoints import BEST, carry_over, changed_settings, restore, save, state_of
from .devices import best_precision, make_fabric, started_by_torchrun
from .freezing import freeze
from .logs import RunLog
from .packing import pack
from .progress import ProgressLog, console
from .schedule import length, pictures_a_step, schedule, within_passes
from .settings import RunSettings
from .starting_point import start_weights
from .stopping import Stopper
from .validation import STEERS, color_errors

SAMPLES = 12
ENOUGH_DEV = 16  # pictures; of fewer a figure says nothing
TOLD = 0.1  # share by which a run within a budget must become longer or shorter for that to be said


class Run:
    """One training run in one folder: ``run.json``, ``last.ckpt``, ``samples/``, TensorBoard events, ``run.zip``.

    With several processes each has a Run; the first alone writes.
    """

    def __init__(self, fabric: Fabric, recipe: Recipe, settings: RunSettings, deadline: float | None = None) -> None:
        self.fabric, self.settings, self.deadline = fabric, settings, deadline
        self.writes = fabric.is_global_zero
        self.saved: dict[str, Any] | None = None  # the checkpoint that is gone on from, until its stage has it
        if settings.checkpoint.exists():
            self.saved = load(settings.checkpoint)
        with fabric.rank_zero_first(local=True):  # the first decodes the photographs, the others find them decoded
            self.photographs = open_data(recipe, settings)
        recipe = within_passes(recipe, len(self.photographs.train), fabric.world_size)
        self.recipe = going_on(recipe, self.saved) if self.saved else recipe
        # Counted once: a run that goes on keeps what it began with.
        self.prior = np.asarray(self.saved["prior"]) if self.saved else ab_prior(self.photographs.train)
        self.budget: Budget | None = None  # of a run that goes on the steps are known
        if deadline is not None and self.saved is None:
            self.budget = budget_of(fabric, recipe, self.photographs.train, self.prior, deadline)
            self.recipe = self.budget.fit()
        known = self.saved or {}
        self.steps_done: int = known.get("steps_done", 0)  # over all stages
        self.pictures_seen: int = known.get("pictures_seen", 0)
        self.seconds: float = known.get("seconds", 0.0)  # of training, over all stages and resumptions
        self.best: float = known.get("best", math.inf)  # error on dev, the least so far
        self.steps_said: list[int] = []  # of each stage
        self.sampled = time.monotonic()
        self.stopper = Stopper(fabric, settings.max_steps, deadline)
        if self.writes:
            self._open_folder()

    def _open_folder(self) -> None:
        fabric, out = self.fabric, self.settings.out
        out.mkdir(parents=True, exist_ok=True)
        # What a broken-off run logged after its last checkpoint is purged.
        self.log = RunLog(out, self.settings.log, self.steps_done + 1 if self.saved else None)
        precision, threads = fabric.strategy.precision.precision, torch.get_num_threads()
        self._print(f"{fabric.device}, {precision}, {threads} threads, {fabric.world_size} processes")
        self._print(self.photographs.summary())
        names = [f"{reason}: {name}" for reason, all_ in self.photographs.left_out.items() for name in all_]
        faults.save_text(out / "left_out.txt", "".join(f"{name}\n" for name in names))
        self._print_what_is_enlarged()
        if len(self.photographs.dev) < ENOUGH_DEV:
            self._print(f"dev has {len(self.photographs.dev)} pictures: nothing is measured on fewer than {ENOUGH_DEV}")
        self._print_steps()
        if self.saved:
            self._print(f"going on after step {self.steps_done}")
            changed = changed_settings(self.saved["recipe"], self.recipe.model_dump())
            if changed:
                self._print(f"going on with other settings than before: {', '.join(changed)}")

    def _print(self, line: str) -> None:
        if self.writes:
            console.print(line, soft_wrap=True, markup=False, highlight=False)

    def _print_steps(self) -> None:
        self.steps_said = [stage.steps for stage in self.recipe.stages]
        self._print(length(self.recipe, len(self.photographs.train), self.fabric.world_size))

    def _print_what_is_enlarged(self) -> None:
        size = max(stage.data.size for stage in self.recipe.stages)
        short = int((self.photographs.train.shapes.min(axis=1) < size).sum())
        if short:
            self._print(
                f"{short} of the photographs are smaller than {size} px and are enlarged; min_side leaves them out"
            )

    def run(self) -> nn.Module:
        """Train through all stages; return the averaged network."""
        averaged: nn.Module | None = None
        before: dict[str, Any] | None = None
        with self.stopper:
            for number in range(self.saved["stage"] if self.saved else 0, len(self.recipe.stages)):
                stage = self.recipe.stages[number]
                self.title = f"stage {number + 1}/{len(self.recipe.stages)}"
                method, average, first = self._begin(stage, before)
                if self.writes and before is None:
                    self._write_run_file()
                self._train(number, method, average, first)
                averaged, before = average.module, state_of(method, average)
                if self.stopper.reason:
                    break
        if averaged is None:
            raise TrainingError(f"{self.settings.out}: the run is past the last stage of this recipe")
        if self.writes and self.stopper.reason != "signal":
            self.log.flush()
            pack(self.settings.out, self.photographs)
        if self.stopper.reason == "signal":
            self._print(f"stopped after step {self.steps_done}, all of it saved")
            raise KeyboardInterrupt
        return averaged

    def _begin(self, stage: Stage, before: dict[str, Any] | None) -> tuple[Method, AveragedModel, int]:
        """A stage's method and average, and the step to go on from: fresh, from the stage before, or as saved."""
        torch.manual_seed(stage.seed)
        weights = self._weights(before, METHODS[stage.method.name].begins_from_average)
        network = build(stage.network.name, size=stage.data.size, pretrained=weights is None, **stage.network.settings)
        if weights is not None:
            self._load(network, weights)
        freeze(network, stage.optimizer.freeze)
        network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        method = METHODS[stage.method.name](self.fabric, network, stage, self.prior)
        self._check_graphs(method, stage)
        average = AveragedModel(network, multi_avg_fn=warmed_average(stage.optimizer.ema), use_buffers=True)
        saved, self.saved = self.saved, None
        if saved:
            self.fabric.strategy.precision.load_state_dict(saved["precision"])  # fp16's scale of the gradients
            restore(method, average, saved)
            return method, average, saved["step"]
        if before:
            self._print(f"{self.title}: {carry_over(method, average, before)}")
        return method, average, 0

    def _check_graphs(self, method: Method, stage: Stage) -> None:
        """See that what is to be exported in the end can be, before anything is learnt."""
        network = method.network.module
        was_training = network.training  # type: ignore[union-attr]
        try:
            graphs = method.graphs(network.eval(), self.prior, stage.method.settings, self.recipe.decoding)  # type: ignore[union-attr]
        except TrainingError:
            return  # a network that does not colour
        else:
            if stage == self.recipe.stages[-1]:
                check_graphs(graphs, stage.network.name)
        finally:
            network.train(was_training)  # type: ignore[union-attr]

    def _weights(self, before: dict[str, Any] | None, from_average: bool) -> dict[str, Tensor] | None:
        if self.saved:
            return dict(self.saved["network"])
        if before:
            return dict(averaged_weights(before) if from_average else before["trainables"]["network"]["module"])
        return None if self.settings.start is None else start_weights(self.settings.start)

    def _load(self, network: nn.Module, weights: dict[str, Tensor]) -> None:
        try:
            network.load_state_dict(weights)
        except RuntimeError as error:
            source = self.settings.checkpoint if self.settings.checkpoint.exists() else self.settings.start
            first = str(error).splitlines()[1].strip()
            raise TrainingError(
                f"{source}: its network has other settings than this recipe ({first}); give the same size and "
                "settings of the network"
            ) from error

    def _write_run_file(self) -> None:
        describe = {
            "recipe": self.recipe.model_dump(),
            "pictures": len(self.photographs.train),
            "dev": len(self.photographs.dev),
        }
        faults.save_text(self.settings.out / "run.json", json.dumps(describe, indent=2))

    def _train(self, number: int, method: Method, average: AveragedModel, step: int) -> None:
        """The steps of a stage, from ``step`` on."""
        stage = (
            self._refit(self.budget.begin(self.recipe, number), number) if self.budget else self.recipe.stages[number]
        )
        rank, world = self.fabric.global_rank, self.fabric.world_size
        groups = [group for each in method.trainables.values() for group in each.optimizer.param_groups]
        base = [(group, group["lr"]) for group in groups]
        parts = stage.optimizer.accumulate
        progress = ProgressLog(self.log, stage, self.title, step, world * parts) if self.writes else None
        started = time.perf_counter() - self.seconds
        latest: dict[str, Tensor] = {}  # the newest of each loss: not every step has them all
        if self.steps_done and self.stopper(self.steps_done):  # a new run does a step, however little time it has
            return
        seed, workers = stage.seed + 1000 * number, self.settings.workers
        with method.batches(self.photographs.train, stage.data, seed, rank, workers) as batches:
            while step < stage.steps and not self.stopper.reason:
                for group, lr in base:
                    group["lr"] = lr * schedule(step, stage)
                method.step_number = step
                for part in range(parts):
                    draw = step * parts + part
                    torch.manual_seed((hash((stage.seed, number, draw)) + rank) % 2**31)
                    method.part = (part, parts)
                    latest |= method.step(batches(draw).to(self.fabric.device))
                average.update_parameters(method.network.module)  # type: ignore[arg-type]
                step, self.steps_done = step + 1, self.steps_done + 1
                self.pictures_seen += pictures_a_step(stage, world)
                self.seconds = time.perf_counter() - started
                self.stopper(self.steps_done)
                if self.budget:
                    stage = self._refit(self.budget.refit(self.recipe, number, step), number)
                if progress:
                    self._record(number, step, stage, method, average, progress, latest)

    def _refit(self, recipe: Recipe, number: int) -> Stage:
        """Go on with a stage of the recipe as long as its time allows; say so where that is another number of steps."""
        self.recipe = recipe
        steps = [stage.steps for stage in recipe.stages]
        if abs(sum(steps) - sum(self.steps_said)) > TOLD * sum(self.steps_said):
            self._print_steps()
        return recipe.stages[number]

    def _record(
        self, number: int, step: int, stage: Stage, method: Method, average: AveragedModel, progress: ProgressLog,
        latest: dict[str, Tensor],
    ) -> None:  # fmt: skip
        """Log, save and draw samples after a step, where it is time for that."""
        last = bool(self.stopper.reason) or step >= stage.steps
        progress.stage = stage
        if step % stage.log.log_every == 0 or last:
            progress.report(step, self.steps_done, latest | method.gradient_norms)
        if step % stage.log.checkpoint_every == 0 or last:
            self._save(number, step, method, average)
        if self._sheet_is_due(stage, step) or (last and self.stopper.reason != "signal"):
            error = self._sample(stage, average.module, progress)
            if error < self.best:
                self.best = error
                self._save(number, step, method, average, BEST)

    def _sheet_is_due(self, stage: Stage, step: int) -> bool:
        minutes = stage.log.sample_minutes
        if minutes is None:
            return step % stage.log.sample_every == 0
        return time.monotonic() - self.sampled >= 60 * minutes

    def _save(self, stage: int, step: int, method: Method, average: AveragedModel, name: str = CHECKPOINT) -> None:
        state = {
            "format": FORMAT, "stage": stage, "step": step, "steps_done": self.steps_done,
            "pictures_seen": self.pictures_seen, "seconds": self.seconds, "best": self.best,
            "recipe": self.recipe.model_dump(),
            "prior": torch.from_numpy(self.prior), "network": method.network.module.state_dict(),  # type: ignore[union-attr]
            "precision": self.fabric.strategy.precision.state_dict(), "provenance": self._provenance(),
            **state_of(method, average),
        }  # fmt: skip
        save(state, self.settings.out / name)

    def _provenance(self) -> dict[str, Any]:
        """What the card says of where the weights come from."""
        gpu = self.fabric.device.type == "cuda"
        device = torch.cuda.get_device_name(self.fabric.device) if gpu else f"CPU, {torch.get_num_threads()} threads"
        train = self.photographs.train
        return {"device": device, "pictures": len(train), "sources": dict(sorted(Counter(train.sources).items()))}

    def _sample(self, stage: Stage, network: nn.Module, progress: ProgressLog) -> float:
        """Colour a fixed handful of large dev pictures, as a PNG and in the log; measure what the method can.

        Return the error on dev by which checkpoints are compared, infinite where there is none.
        """
        self.sampled = time.monotonic()
        train, dev, _ = self.photographs
        method, pictures = METHODS[stage.method.name], dev if len(dev) else train
        measured = method.validation_metrics(network, dev, stage) if len(dev) >= ENOUGH_DEV else {}
        try:
            graph = method.graph(network, self.prior, stage.method.settings, self.recipe.decoding)
        except TrainingError:
            progress.log_metrics(self.steps_done, measured)
            return math.inf  # a network that does not colour has no samples
        order = np.random.default_rng(0).permutation(len(pictures))
        largest = order[np.argsort(-pictures.shapes[order].min(axis=1), kind="stable")][:SAMPLES]
        was_training = network.training
        graph.module.eval()
        if len(dev) >= ENOUGH_DEV:
            measured |= color_errors(graph, dev)
        sheet = sample_sheet(graph, [pictures[int(i)] for i in largest])
        network.train(was_training)
        progress.log_metrics(self.steps_done, measured)
        folder = self.settings.out / "samples"
        folder.mkdir(exist_ok=True)
        path = folder / f"{self.steps_done:06d}.png"
        with faults.writing(path):
            sheet.save(path)
        self.log.add_image("grey, ours, real", np.asarray(sheet), self.steps_done)
        return measured.get(STEERS, math.inf)


def open_data(recipe: Recipe, settings: RunSettings) -> PhotographSet:
    """The photographs of a run, kept as large as its recipe looks at them."""
    side = max(stage.data.stored or max(STORED_SIZE, stage.data.size) for stage in recipe.stages)
    keep = any(stage.data.keep_colorless for stage in recipe.stages)
    held_out = max(stage.data.held_out for stage in recipe.stages)
    return open_photographs(settings.data, side=side, keep_colorless=keep).holding_out(held_out)


def overrides_of(name: str, settings: RunSettings) -> list[str]:
    """What ``--set`` gave the run that is in the folder; nothing where there is none.

    Raises:
        TrainingError: it is a run of another recipe than ``name``, or there is none to resume; one line.
    """
    if not settings.checkpoint.exists():
        if settings.resume:
            raise TrainingError(f"{settings.checkpoint}: nothing to resume; leave out --resume")
        return []
    known = recipe_of(settings.checkpoint)
    if known["name"] != name:
        raise TrainingError(f"{settings.out}: holds a run of {known['name']}, not of {name}; use another --out")
    return list(known["overrides"])


def train(recipe: Recipe, settings: RunSettings) -> nn.Module:
    """Train a recipe; the averaged network is returned and lies in ``settings.out`` as ``last.ckpt``.

    A run of the same recipe that is there is gone on with. With ``devices`` over 1 the processes are started here;
    each sees a batch of its own, so a step learns from ``devices`` times ``batch_size`` pictures.

    Raises:
        KeyboardInterrupt: Ctrl-C or SIGTERM, after the step was finished and saved.
    """
    deadline = None if settings.seconds is None else time.monotonic() + settings.seconds
    overrides_of(recipe.name, settings)
    if settings.start is None and not settings.checkpoint.exists():
        if METHODS[recipe.stages[0].method.name].needs_start:
            raise TrainingError(
                f"recipe {recipe.name}: tunes what is trained already; say what, such as --start default"
            )
        check_weights(recipe.stages[0].network.name, recipe.stages[0].network.settings)
    precision = best_precision() if settings.precision == "auto" else settings.precision
    fabric = make_fabric(settings.devices, precision)
    if settings.devices == 1 or started_by_torchrun():
        fabric.launch()
        return _work(fabric, recipe, settings, deadline)
    try:
        fabric.launch(partial(_work_and_leave, recipe=recipe, settings=settings, deadline=deadline))
    except ProcessRaisedException as error:  # holds the whole traceback; what was said is its last line
        raise TrainingError(str(error).strip().splitlines()[-1].partition(": ")[2]) from error
    return load_network(settings.out)[0]


def _work(fabric: Fabric, recipe: Recipe, settings: RunSettings, deadline: float | None) -> nn.Module:
    torch.set_float32_matmul_precision("high")
    if fabric.device.type == "cpu":
        keep_freed_memory()
    return Run(fabric, recipe, settings, deadline).run()


def _work_and_leave(fabric: Fabric, recipe: Recipe, settings: RunSettings, deadline: float | None) -> None:
    """What a spawned process does; the network stays in the checkpoint, for it is too large to hand over."""
    _work(fabric, recipe, settings, deadline)
