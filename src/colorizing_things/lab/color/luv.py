"""CIELUV's u* and v* from CIELAB's a* and b* at a known lightness, and back: torch twins of ``luv_numpy``.

The networks speak of chroma alone and L never changes, so only the two chroma planes are converted. Works inside
an exported graph, and on what a network says: chromaticities that no light has are pulled in to where the
division stays finite.
"""

from __future__ import annotations

import torch
from torch import Tensor

from colorizing_things.color.spaces import F_INVERSE_THRESHOLD, F_THRESHOLD, WHITE

from .luv_numpy import U_WHITE, V_WHITE

U_LIMITS, V_LIMITS = (0.0, 0.65), (0.02, 0.6)  # of u', v': the spectral locus fits inside


def _f(t: Tensor) -> Tensor:
    return torch.where(t > F_THRESHOLD, t.clamp_min(F_THRESHOLD) ** (1 / 3), 7.787 * t + 16 / 116)


def _f_inverse(f: Tensor) -> Tensor:
    return torch.where(f > F_INVERSE_THRESHOLD, f**3, (f - 16 / 116) / 7.787)


def ab_to_uv(L: Tensor, ab: Tensor) -> Tensor:
    """``L`` [N,1,H,W] in 0..100 and ``ab`` [N,2,H,W] in CIELAB units -> ``[N,2,H,W]`` in CIELUV units."""
    fy = (L + 16) / 116
    X = _f_inverse(fy + ab[:, :1] / 500) * WHITE[0]
    Y = _f_inverse(fy)
    Z = _f_inverse(fy - ab[:, 1:] / 200) * WHITE[2]
    total = (X + 15 * Y + 3 * Z).clamp_min(1e-6)
    uv = 13 * L * torch.cat([4 * X / total - U_WHITE, 9 * Y / total - V_WHITE], dim=1)
    return torch.where(L > 1e-3, uv, torch.zeros_like(uv))


def uv_to_ab(L: Tensor, uv: Tensor) -> Tensor:
    """``L`` [N,1,H,W] in 0..100 and ``uv`` [N,2,H,W] in CIELUV units -> ``[N,2,H,W]`` in CIELAB units."""
    scale = 13 * L.clamp_min(1e-3)
    u = (uv[:, :1] / scale + U_WHITE).clamp(*U_LIMITS)
    v = (uv[:, 1:] / scale + V_WHITE).clamp(*V_LIMITS)
    fy = (L + 16) / 116
    Y = _f_inverse(fy)
    fx = _f(Y * 9 * u / (4 * v) / WHITE[0])
    fz = _f((Y * (12 - 3 * u - 20 * v) / (4 * v)).clamp_min(0) / WHITE[2])
    ab = torch.cat([500 * (fx - fy), 200 * (fy - fz)], dim=1)
    return torch.where(L > 1e-3, ab, torch.zeros_like(ab))
