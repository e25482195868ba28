"""How an old photograph of a scene would look: kept by its plate, exposed for it, and worn."""

from __future__ import annotations

from torch import Tensor

from .chance import Chance
from .degradation import degrade
from .emulsion import exposed, lightness_on_plates


def on_film(rgb: Tensor, plates: Tensor, aged: float, chance: Chance) -> Tensor:
    """Lightness that is left of pictures.

    Args:
        rgb: sRGB ``[N,3,H,W]``, encoded, 0..1, float.
        plates: weights of linear R, G and B, ``[N,3]`` (:func:`.emulsion.draw_plates`).
        aged: share of the pictures that are worn (:func:`.degrade`).
        chance: all randomness comes from here.

    Returns:
        L* ``[N,1,H,W]``, 0..100. The pictures' colours are what they were.
    """
    weights = exposed(rgb, plates, chance.uniform()[:, 0, 0, 0])
    return degrade(lightness_on_plates(rgb, weights).clamp(0, 100), aged, chance)
