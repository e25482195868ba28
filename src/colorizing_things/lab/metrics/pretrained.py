"""FID and LPIPS as published, where their networks are on this machine. Nothing is downloaded here."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import torch

from .base import Array, Family, Figure, Pair, Record, Rows, SetFigure, column, number
from .distances import frechet_distance

INCEPTION_FILE = "weights-inception-2015-12-05-6726825d.pth"
ALEXNET_FILE = "alexnet-owt-7be5be79.pth"


def missing(module: str, weights: str) -> str | None:
    """Why a published network cannot be used here: its package or its weights; None if both are there."""
    if not (Path(torch.hub.get_dir()) / "checkpoints" / weights).exists():
        return f"{weights} is not in torch's hub folder"
    try:
        import_module(module)
    except (ImportError, RuntimeError) as error:
        return f"{module} cannot be imported ({str(error).splitlines()[0]})"
    return None


def missing_inception() -> str | None:
    """Why FID cannot be computed here, None if it can."""
    return missing("torch_fidelity", INCEPTION_FILE)


def missing_lpips() -> str | None:
    """Why LPIPS cannot be computed here, None if it can."""
    return missing("torchvision", ALEXNET_FILE)


@cache
def _inception() -> Any:
    from torchmetrics.image.fid import NoTrainInceptionV3

    return NoTrainInceptionV3(name="inception-v3-compat", features_list=["2048"])


@cache
def _lpips() -> Any:
    from torchmetrics.image.lpip import LearnedPerceptualImagePatchSimilarity

    return LearnedPerceptualImagePatchSimilarity(net_type="alex", normalize=True)


@torch.inference_mode()
def _measure_inception(pair: Pair) -> Record:
    features = _inception()(pair.prediction[None].cpu()).reshape(-1)
    return {"inception": features.double().numpy()}


@torch.inference_mode()
def _measure_lpips(pair: Pair) -> Record:
    prediction, truth = (rgb[None].cpu().float() / 255 for rgb in (pair.prediction, pair.truth))
    return {"lpips": number(_lpips()(prediction, truth))}


def _fid(rows: Rows, seed: int) -> tuple[float, Array | None] | None:
    own, real = (np.asarray(table["inception"]) for table in (rows.own, rows.real))
    return (frechet_distance(own, real), None) if len(own) > 1 else None


INCEPTION = Family(
    "inception",
    (
        SetFigure(
            "fid",
            "FID",
            "lower",
            "Frechet inception distance (Heusel et al. 2017; torch-fidelity's port of the original weights) "
            "to the same photographs. Biased upward under some thousands of pictures.",
            _fid,
        ),
    ),
    _measure_inception,
    missing_inception,
    network=True,
)

LPIPS = Family(
    "lpips",
    (
        Figure(
            "lpips",
            "LPIPS",
            "lower",
            "Learned perceptual distance (Zhang et al. 2018), version 0.1, AlexNet; 0 or more, mean over pictures.",
            column("lpips"),
            digits=3,
        ),
    ),
    _measure_lpips,
    missing_lpips,
    network=True,
)
