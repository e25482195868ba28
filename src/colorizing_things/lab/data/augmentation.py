"""Photographs in other plausible colours, drawn from a VAE's latent space: more pictures to train on."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from rich.progress import track
from torch import Tensor

from colorizing_things.errors import SettingError, TrainingError
from colorizing_things.lab.networks.checkpoints import load_network
from colorizing_things.lab.networks.conditional_vae import ConditionalVAE
from colorizing_things.lab.objectives.variational import reparameterize
from colorizing_things.system import faults

from .photographs import open_photographs
from .planes import UInt8, into_square, join, out_of_square, to_lab
from .reading import AUGMENTED_MARK
from .sources import AUGMENTED_MARKER


def codes_between(own: Tensor, drawn: Tensor) -> Tensor:
    """Codes on the way from a photograph's own to draws from the prior.

    The way is a quarter of a circle, ``cos own + sin drawn``: between two independent codes of N(0, I) every
    point of it is of N(0, I) again, which no point inside the straight line is.

    Args:
        own: ``[d]``.
        drawn: ``[n,d]``, from N(0, I).

    Returns:
        ``[n,d]``, evenly spread: the first nearest to ``own``, the last a pure draw.
    """
    angle = (torch.arange(1, len(drawn) + 1, dtype=own.dtype) / len(drawn) * (math.pi / 2))[:, None]
    return torch.cos(angle) * own + torch.sin(angle) * drawn


@torch.no_grad()
def recolor(network: ConditionalVAE, pixels: UInt8, variants: int, rng: np.random.Generator) -> list[UInt8]:
    """Other colourings of one photograph, of the same size and lightness.

    Args:
        network: in eval mode.
        pixels: sRGB ``[H,W,3]``.
        variants: how many.
        rng: of the draws.
    """
    height, width = pixels.shape[:2]
    L, ab = to_lab(torch.from_numpy(pixels.copy()).permute(2, 0, 1)[None], 1)
    square = into_square(torch.cat([L, ab], 1), network.fixed_size)
    code = network.encode(square[:, :1], square[:, 1:])
    noise = torch.from_numpy(rng.standard_normal(network.latent, np.float32))
    assert code.log_variance is not None
    own = reparameterize(code.mean[0], code.log_variance[0], noise)
    drawn = torch.from_numpy(rng.standard_normal((variants, network.latent), np.float32))
    content = [maps.expand(variants, -1, -1, -1) for maps in code.content]
    fields = out_of_square(network.generate(codes_between(own, drawn), content), height, width)
    return [join(L[0, 0].numpy(), field.numpy()) for field in fields]


def augment(run: Path, data: Path, out: Path, variants: int = 2, seed: int = 0) -> int:
    """Write recoloured variants of a data set's training photographs as a new one; return how many.

    Dev pictures are left alone, so that nothing drawn from them is ever trained on.

    Args:
        run: of a ``vaegan`` recipe.
        data: as for training.
        out: a new folder; the photographs' sources become its sub-folders.
        variants: of each photograph.
        seed: the same seed gives the same pictures.

    Raises:
        TrainingError: the run has no latent space of colour, or ``out`` holds pictures already.
    """
    if variants < 1:
        raise SettingError(f"variants {variants}: must be 1 or more")
    if out.exists() and not out.is_dir():
        raise TrainingError(f"{out}: is a file; choose a new folder")
    if out.exists() and any(out.iterdir()):
        raise TrainingError(f"{out}: is not empty; choose a new folder")
    network, saved = load_network(run)
    if not isinstance(network, ConditionalVAE):
        raise TrainingError(
            f"{run}: has no latent space of colour beside what a picture shows; train vaegan-hinge, vaegan-lsgan or "
            "vaegan-wgan-gp"
        )
    photographs = open_photographs(data).train
    mark = PngInfo()
    mark.add_text("Comment", AUGMENTED_MARK.decode())  # so that none is ever dev, wherever it is moved
    for number in track(range(len(photographs)), description="recolouring"):
        folder = out / re.sub(r"[^\w.-]+|^\.+", "_", photographs.sources[number])  # a shard may call it anything
        folder.mkdir(parents=True, exist_ok=True)
        rng = np.random.default_rng([seed, number])
        for variant, pixels in enumerate(recolor(network, photographs[number], variants, rng)):
            path = folder / f"{number:06d}.{variant}.png"
            with faults.writing(path):
                Image.fromarray(pixels).save(path, pnginfo=mark)
    facts = {"recipe": saved["recipe"]["name"], "steps": saved["steps_done"], "variants": variants, "seed": seed}
    faults.save_text(out / AUGMENTED_MARKER, json.dumps(facts, indent=1) + "\n")
    return len(photographs) * variants
