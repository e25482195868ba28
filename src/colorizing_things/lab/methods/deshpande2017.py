"""Training steps of Deshpande et al.: Learning Diverse Image Colorization (CVPR 2017).

First an autoencoder of colour fields (or the conditional baseline), then, on top of it, the mixture density
network that says which codes a grey picture may have. Fields are 64 x 64: ``size / target_stride`` is 64.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, ClassVar

import numpy as np
import numpy.typing as npt
import torch
from pydantic import Field
from torch import Tensor, nn
from torch.optim import Adam, Optimizer

from colorizing_things.errors import SettingError
from colorizing_things.lab.config.recipe import Stage
from colorizing_things.lab.config.settings import Settings, Weight
from colorizing_things.lab.data.batches import Batch
from colorizing_things.lab.decoding.graph import Graph
from colorizing_things.lab.decoding.latent import mixture_graph
from colorizing_things.lab.decoding.settings import SizedDecoding
from colorizing_things.lab.networks.checkpoints import load_network
from colorizing_things.lab.networks.deshpande2017 import AB_SCALE, COMPONENTS, FIELD, Deshpande2017VAE
from colorizing_things.lab.networks.deshpande2017_mixture import DEVIATION
from colorizing_things.lab.networks.zhang2016 import Zhang2016
from colorizing_things.lab.objectives.classification import SoftEncoder, smooth_prior
from colorizing_things.lab.objectives.diverse import (
    colorfulness,
    gradient_difference,
    mahalanobis,
    nearest_component,
)
from colorizing_things.lab.objectives.variational import kl_to_standard_normal

from .base import Method


class Deshpande2017Method(Method):
    """What all three share: Adam (the PyTorch port's), fields of 64 x 64, and the graph with a code."""

    decoding: ClassVar[type[Settings]] = SizedDecoding

    @classmethod
    def check(cls, stage: Stage) -> None:
        """Fields are 64 x 64."""
        super().check(stage)
        size, stride = stage.data.size, stage.data.target_stride
        if size != FIELD * stride:
            raise SettingError(
                f"size {size} and target_stride {stride}: colour fields are {FIELD} x {FIELD}, "
                f"so size must be {FIELD} x target_stride"
            )

    def optimizer(self, network: nn.Module) -> Optimizer:
        """Adam over what learns."""
        learn = [p for p in network.parameters() if p.requires_grad]
        return Adam(learn, self.rates.lr, weight_decay=self.rates.weight_decay)

    @classmethod
    def graph(
        cls, network: nn.Module, prior: npt.NDArray[np.float64], settings: dict[str, Any], decoding: dict[str, Any]
    ) -> Graph:
        """One colouring for each code ``z``; ``decoding`` takes ``size``."""
        return mixture_graph(network, cls.decoding_settings(decoding).size)


class Deshpande2017Autoencoder(Deshpande2017Method):
    """KL + colourfulness + Mahalanobis + gradient terms, for the autoencoder and for the conditional one."""

    networks: ClassVar[tuple[str, ...]] = ("deshpande2017-vae", "deshpande2017-cvae")

    @classmethod
    def check(cls, stage: Stage) -> None:
        """Weights are not negative, and the components need more fields than there are components."""
        super().check(stage)

    def prepare(
        self,
        kl: Weight = 1e-2,
        mahalanobis: Weight = 0.1,
        gradient: Weight = 1e-3,
        uniform: Annotated[float, Field(gt=0, le=1)] = 1e-3,
        fields: Annotated[int, Field(gt=COMPONENTS)] = 2048,
    ) -> None:
        """Weights of the terms; the colourfulness has 1.

        Args:
            kl: of the divergence summed over the batch, as the releases do: it grows with the batch size.
            mahalanobis: 0 for the variant with skips.
            gradient: of the difference of gradients.
            uniform: share of an even prior mixed into the training set's, so that a colour that was hardly
                ever seen weighs no more than 313 / uniform (our choice; the paper's prior is a file of theirs).
            fields: how many training fields the principal components are found from, in the first steps; the
                Mahalanobis term joins after them.
        """
        self.kl, self.mahalanobis, self.gradient, self.fields = kl, mahalanobis, gradient, fields
        self.encode = SoftEncoder(neighbors=4).to(self.fabric.device)
        weight = 1 / ((1 - uniform) * smooth_prior(self.prior) + uniform / len(self.prior))
        self.bin_weight = torch.from_numpy(weight).float().to(self.fabric.device)

    def step(self, batch: Batch) -> dict[str, Tensor]:
        """One step of the autoencoder."""
        target = batch.ab / AB_SCALE
        answer = self.network(batch.L, batch.ab)
        weight = self.bin_weight[self.encode(batch.ab.permute(0, 2, 3, 1)).indices[..., 0]]
        losses = {
            "kl": kl_to_standard_normal(answer.mean.float(), answer.log_variance.float()) * len(target),
            "colourfulness": colorfulness(answer.field, target, weight),
            "gradient": gradient_difference(answer.field, target),
        }
        total = self.kl * losses["kl"] + losses["colourfulness"] + self.gradient * losses["gradient"]
        if self.mahalanobis > 0:
            losses["mahalanobis"] = self._distance(answer.field, target)
            total = total + self.mahalanobis * losses["mahalanobis"]
        self.optimize("network", total)
        return {name: value.detach() for name, value in losses.items()}

    def _distance(self, field: Tensor, target: Tensor) -> Tensor:
        """The Mahalanobis term once the components are found; until then they take in the batch, and it is 0."""
        known: Any = self.network.fields
        if int(known.count) < self.fields:
            fields = self.fabric.all_gather(target)  # of all processes, so that each finds the same components
            assert isinstance(fields, Tensor)
            known.update(fields.reshape(-1, *target.shape[1:]).flatten(1))
            return target.new_zeros(())
        return mahalanobis(field, target, *known.basis())


class Deshpande2017Mixture(Deshpande2017Method):
    """The mixture density network, on a trained autoencoder and trained grey features."""

    networks: ClassVar[tuple[str, ...]] = ("deshpande2017-mdn",)

    def prepare(self, vae: str = "", zhang: str = "") -> None:
        """Load what was trained before.

        Args:
            vae: folder of a run of ``deshpande2017-vae``.
            zhang: folder of a run of ``zhang2016``; not read where the network's ``features`` are mobilenet-v2.
        """
        self._load("vae", vae, Deshpande2017VAE)
        if isinstance(self.network.features, Zhang2016):
            self._load("zhang", zhang, Zhang2016)

    def _load(self, name: str, run: str, expected: type[nn.Module]) -> None:
        if not run:
            raise SettingError(f"method.{name}: give the folder of a run that trained it")
        trained, saved = load_network(Path(run))
        if type(trained) is not expected:
            wrong = saved["recipe"]["stages"][saved["stage"]]["network"]["name"]
            raise SettingError(f"method.{name}: {run} trained a {wrong}, not a {expected.__name__}")
        try:
            part = self.network.get_submodule("vae" if name == "vae" else "features")
            part.load_state_dict(trained.state_dict())
        except RuntimeError as error:
            known = saved["recipe"]["stages"][saved["stage"]]["network"]
            raise SettingError(
                f"method.{name}: {run} has network {known}, whose settings are not those given here"
            ) from error

    def step(self, batch: Batch) -> dict[str, Tensor]:
        """One step of the mixture network."""
        answer = self.network(batch.L, batch.ab)
        loss = nearest_component(answer.logits, answer.means, answer.z, DEVIATION)
        self.optimize("network", loss)
        return {"mixture": loss.detach()}
