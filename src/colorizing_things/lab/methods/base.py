"""What the training loop expects of a method."""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
from lightning_fabric import Fabric
from torch import Tensor, nn
from torch.optim import AdamW, Optimizer

from colorizing_things.errors import SettingError, TrainingError
from colorizing_things.lab.config.recipe import Stage
from colorizing_things.lab.config.settings import Settings, settings_of, validate
from colorizing_things.lab.data.batches import Batches, BatchMaker
from colorizing_things.lab.data.photographs import Photographs
from colorizing_things.lab.decoding.graph import Graph
from colorizing_things.lab.decoding.settings import NoDecoding
from colorizing_things.lab.methods.distributed import average_gradients, synchronize_batch_norms

MAX_GRADIENT_NORM = 1.0


@dataclass
class Trainable:
    """A module with its optimizer, set up for the devices by Fabric."""

    module: nn.Module
    optimizer: Optimizer


@dataclass(frozen=True)
class Rates:
    """A method's own learning rates: of new layers, of the pretrained encoder, of a discriminator; and weight decay."""

    lr: float = 1e-3
    encoder_lr: float = 2e-4
    discriminator_lr: float = 4e-4
    weight_decay: float = 0.01


class Method(ABC):
    """One way to train. ``trainables`` holds every module that learns; the first, ``network``, is exported.

    Attributes:
        networks: names of those that it can train; empty where any will do.
        decoding: describes what a recipe's ``decoding`` may give.
        batches: what makes its batches.
        betas: of AdamW.
        needs_start: a run whose first stage it is must be given trained weights: from random ones it learns nothing.
        begins_from_average: a stage of it begins with the average of the stage before, and nothing else of that.
        max_gradient_norm: norm that each trainable module's gradient is clipped to.
        stage: of the recipe.
        step_number: of the step within its stage, from 0; the loop sets it.
        size: side of the squares that the network sees, px.
        carried: names of what the stage before has trained already; the loop sets it.
        gradient_norms: of each trainable module's last step, before clipping.
        teachers: modules that it learns from and that do not learn, kept with the run.
        part: which of how many batches whose gradients are summed this one is; the loop sets it.
    """

    networks: ClassVar[tuple[str, ...]] = ()
    decoding: ClassVar[type[Settings]] = NoDecoding
    batches: ClassVar[type[BatchMaker[Any]]] = Batches
    betas: ClassVar[tuple[float, float]] = (0.9, 0.999)
    needs_start: ClassVar[bool] = False
    begins_from_average: ClassVar[bool] = False
    max_gradient_norm: ClassVar[float] = MAX_GRADIENT_NORM

    def __init__(self, fabric: Fabric, network: nn.Module, stage: Stage, prior: npt.NDArray[np.float64]) -> None:
        self.fabric, self.prior, self.stage = fabric, prior, stage
        self.size, self.settings = stage.data.size, stage.method.settings
        self.rates = self.rates_of(stage)
        self.trainables: dict[str, Trainable] = {}
        self.gradient_norms: dict[str, Tensor] = {}
        self.teachers: dict[str, nn.Module] = {}
        self.step_number = 0
        self.part = (0, 1)
        self.carried: frozenset[str] = frozenset()
        self._add_trainable("network", network, self.optimizer(network))
        self.prepare(**self.settings)

    @classmethod
    def default_rates(cls, settings: dict[str, Any]) -> Rates:
        """What the method learns at where the recipe gives no rates."""
        return Rates()

    @classmethod
    def rates_of(cls, stage: Stage) -> Rates:
        """The recipe's learning rates, the method's own where it gives none."""
        given = {field.name: getattr(stage.optimizer, field.name) for field in dataclasses.fields(Rates)}
        default = cls.default_rates(stage.method.settings)
        return dataclasses.replace(default, **{name: rate for name, rate in given.items() if rate is not None})

    @classmethod
    def check(cls, stage: Stage) -> None:
        """Say what is wrong with a stage for this method, before anything is built.

        Raises:
            SettingError: a network that it cannot train, a key that :meth:`prepare` does not take, or a value
                that cannot work.
        """
        method, network = stage.method.name, stage.network.name
        if cls.networks and network not in cls.networks:
            raise SettingError(f"method {method} trains network {' or '.join(cls.networks)}, not {network}")
        if cls.batches is Batches and stage.data.aspects != (1.0,):
            raise SettingError(f"aspects: method {method} sees squares; leave it out")
        validate(settings_of(cls.prepare), stage.method.settings, "method", f"method {method}")

    def optimizer(self, network: nn.Module) -> Optimizer:
        """AdamW, a pretrained ``network.encoder`` at its own rate."""
        # Fused: one pass over the weights, not several. Fabric cannot clip what a fused optimizer unscales itself.
        fused = self.fabric.strategy.precision.precision != "16-mixed"
        groups = self.parameter_groups(network)
        return AdamW(groups, betas=self.betas, weight_decay=self.rates.weight_decay, fused=fused)

    def parameter_groups(self, network: nn.Module) -> list[dict[str, Any]]:
        """The network's parameters at ``lr``, those of its ``encoder``, if it has one, at ``encoder_lr``."""
        encoder = list(network.encoder.parameters()) if hasattr(network, "encoder") else []  # type: ignore[union-attr]
        of_encoder = {id(p) for p in encoder}
        rest = [p for p in network.parameters() if id(p) not in of_encoder]
        groups = [{"params": rest, "lr": self.rates.lr}, {"params": encoder, "lr": self.rates.encoder_lr}]
        return [group for group in groups if group["params"]]

    def _add_trainable(self, name: str, module: nn.Module, optimizer: Optimizer) -> None:
        synchronize_batch_norms(self.fabric, module)
        module, optimizer = self.fabric.setup(module, optimizer)
        self.trainables[name] = Trainable(module, optimizer)

    @property
    def network(self) -> nn.Module:
        """The network that is averaged, sampled and exported."""
        return self.trainables["network"].module

    @abstractmethod
    def prepare(self, *_: Any, **settings: Any) -> None:
        """Take the recipe's method's own settings and make what else is needed."""

    @classmethod
    def decoding_settings(cls, decoding: dict[str, Any]) -> Any:
        """The recipe's ``decoding`` over the defaults, as a :attr:`decoding`.

        Raises:
            SettingError: a key that this method does not take, or a value that cannot work.
        """
        return validate(cls.decoding, decoding, "decoding")

    @classmethod
    def graph(
        cls, network: nn.Module, prior: npt.NDArray[np.float64], settings: dict[str, Any], decoding: dict[str, Any]
    ) -> Graph:
        """The trained network as something that colours: for samples and for export.

        Args:
            network: as averaged, in eval mode.
            prior: share of each ab bin among the training pixels.
            settings: the method's own, as the stage gives them.
            decoding: the recipe's ``decoding``.

        Raises:
            TrainingError: it does not colour (a distilled encoder, say).
        """
        raise TrainingError(f"{cls.__name__} trains no network that colours by itself")

    @classmethod
    def graphs(
        cls, network: nn.Module, prior: npt.NDArray[np.float64], settings: dict[str, Any], decoding: dict[str, Any]
    ) -> dict[str, Graph]:
        """What is exported, a file each by its stem, the one that gives ``ab`` last: :meth:`graph` alone by default.

        A network in two parts (an encoder whose features are kept, a decoder) gives two.
        """
        return {"model": cls.graph(network, prior, settings, decoding)}

    @classmethod
    def exported_weights(cls, network: nn.Module) -> tuple[str, dict[str, Tensor]] | None:
        """What is exported of a network that does not colour: a file's name and a state dict; None otherwise."""
        return None

    @classmethod
    def validation_metrics(cls, network: nn.Module, pictures: Photographs, stage: Stage) -> dict[str, float]:
        """Figures on dev pictures that the loop logs beside the samples; none by default."""
        return {}

    @abstractmethod
    def step(self, batch: Any) -> dict[str, Tensor]:
        """Learn from one batch; return the losses to log, detached."""

    def optimize(self, name: str, loss: Tensor) -> None:
        """One optimizer step of one module: gradients averaged over the processes, then clipped.

        Where several batches make a step, the first clears the gradients, and the last alone moves the weights.
        """
        trainable, (number, count) = self.trainables[name], self.part
        if number == 0:
            trainable.optimizer.zero_grad(set_to_none=True)
        self.fabric.backward(loss / count if count > 1 else loss)
        if number + 1 < count:
            return
        average_gradients(self.fabric, trainable.module)
        norm = self.fabric.clip_gradients(
            trainable.module, trainable.optimizer, max_norm=self.max_gradient_norm, error_if_nonfinite=False
        )
        assert norm is not None
        self.gradient_norms[f"gradient_{name}"] = norm.detach()
        trainable.optimizer.step()
