"""How good a network's colours are on a few dev pictures, while it trains."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from colorizing_things.lab.data.photographs import Photographs
from colorizing_things.lab.data.planes import join, to_lab
from colorizing_things.lab.decoding.graph import Graph
from colorizing_things.lab.decoding.sheets import predict
from colorizing_things.lab.metrics.faces import face_sums, find_faces, missing_opencv
from colorizing_things.lab.metrics.stains import stain_share

MEASURED = 64  # pictures
STAIN = 25.0  # CIELAB units, of error and of own chroma
STEERS = "dev_ab_error_p95"  # of which the best checkpoint has the least


@torch.no_grad()
def color_errors(graph: Graph, pictures: Photographs, most: int = MEASURED) -> dict[str, float]:
    """What steers, on at most so many pictures of dev, drawn by one seed.

    Returns:
        ``dev_ab_error`` and ``dev_ab_error_p95``, mean and 95th percentile of the distance in ab, in CIELAB units, over
        all places; ``dev_chroma``, how much colour there is beside how much there was; ``dev_stains``, per cent of the
        area where error and own chroma both exceed 25; and where faces are found ``dev_faces_grey``, per cent of them.
        A network that answers grey is not bad by the first two: read them beside the third.
    """
    indices = np.random.default_rng(0).permutation(len(pictures))[:most]
    distances, chromas, stains, faces = [], [], [], np.zeros(4)
    for index in indices:
        L, predicted, real = _seen_and_real(graph, pictures[int(index)])
        distance, own = (predicted - real).norm(dim=1), predicted.norm(dim=1)
        distances.append(distance.flatten())
        chromas.append((float(own.mean()), float(real.norm(dim=1).mean())))
        stains.append(float(stain_share(distance, own, STAIN)))
        if missing_opencv() is None:
            faces += _faces(L, predicted, pictures[int(index)])
    every = torch.cat(distances)
    own_chroma, real_chroma = np.mean(chromas, axis=0)
    found = {
        "dev_ab_error": every.mean().item(),
        STEERS: np.percentile(every.numpy(), 95).item(),
        "dev_chroma": float(own_chroma / max(real_chroma, 1e-6)),
        "dev_stains": float(np.mean(stains)),
    }
    return found | ({"dev_faces_grey": float(100 * faces[0] / faces[3])} if faces[3] else {})


def _seen_and_real(graph: Graph, pixels: np.ndarray) -> tuple[Tensor, Tensor, Tensor]:
    """Of one picture: lightness ``[1,1,H,W]`` as it was seen, ab that was answered, and the true one as large."""
    L, predicted = predict(graph, pixels)
    height, width = (int(n) for n in L.shape[-2:])
    rgb = torch.from_numpy(pixels[:height, :width].copy()).permute(2, 0, 1)[None]
    rgb = torch.nn.functional.pad(rgb.float() / 255, (0, width - rgb.shape[3], 0, height - rgb.shape[2]), "replicate")
    _, real = to_lab(rgb, height // int(predicted.shape[-2]))
    return L, predicted, real


def _faces(L: Tensor, predicted: Tensor, pixels: np.ndarray) -> np.ndarray:
    """Grey, odd, sum of errors, count (:func:`.face_sums`) of the faces in a picture."""
    real = torch.from_numpy(pixels.copy()).permute(2, 0, 1)
    boxes = find_faces(real)
    if not boxes:
        return np.zeros(4)
    own = torch.from_numpy(join(L[0, 0].numpy(), predicted[0].numpy()).copy()).permute(2, 0, 1)
    height, width = own.shape[1:]
    boxes = [box for box in boxes if box[0] + box[2] <= width and box[1] + box[3] <= height]
    return np.asarray(face_sums(_lab(own), _lab(real), boxes))


def _lab(rgb: Tensor) -> Tensor:
    """sRGB uint8 ``[3,H,W]`` -> CIELAB ``[3,H,W]``."""
    L, ab = to_lab(rgb[None], 1)
    return torch.cat([L, ab], 1)[0]
