"""Methods by name: what one training step does."""

from __future__ import annotations

from .aae import AAE
from .adversarial_finish import AdversarialFinish
from .base import Method
from .classes_and_regression import ClassesAndRegression
from .deshpande2017 import Deshpande2017Autoencoder, Deshpande2017Mixture
from .distil import Distil
from .flow import FlowMatching
from .flow_belonging import FlowBelonging
from .flow_distillation import FlowDistillation
from .flow_finetuning import FlowFinetuning
from .flow_old_film import FlowOldFilm
from .hwang2016 import Hwang2016Classification, Hwang2016Regression
from .unet_sagan import AdversarialUNet
from .vaegan import VAEGAN
from .zhang2016 import Zhang2016Classes, Zhang2016Regression

__all__ = ["METHODS", "Method"]

METHODS: dict[str, type[Method]] = {
    "flow": FlowMatching,
    "flow-distillation": FlowDistillation,
    "flow-belonging": FlowBelonging,
    "flow-finetuning": FlowFinetuning,
    "flow-old-film": FlowOldFilm,
    "classes-and-regression": ClassesAndRegression,
    "adversarial-finish": AdversarialFinish,
    "aae": AAE,
    "vaegan": VAEGAN,
    "unet-sagan": AdversarialUNet,
    "distil": Distil,
    "zhang2016": Zhang2016Classes,
    "zhang2016-l2": Zhang2016Regression,
    "hwang2016-regression": Hwang2016Regression,
    "hwang2016-classification": Hwang2016Classification,
    "deshpande2017-vae": Deshpande2017Autoencoder,
    "deshpande2017-mdn": Deshpande2017Mixture,
}
