"""The palette of another picture, taken over region by region (``METHODS`` call it a reference).

The network's own features say which places of the two pictures show the same kind of thing. Where both agree that
they are each other's best match, the reference's colour becomes a hint, trusted as far as they are alike.
"""

from __future__ import annotations

import numpy as np

from colorizing_things.model.hint_field import HintField
from colorizing_things.model.seen import SeenPicture
from colorizing_things.types import Float32, FloatArray

MIN_SIMILARITY = 0.5  # cosine below which two places have nothing to say to each other
MOST = 40  # hints; more of them add nothing, and one picture's accidents
TRUST = 0.9  # in a perfect match


def hints_from(target: SeenPicture, other: SeenPicture, other_ab: Float32) -> HintField:
    """Hints for one picture from the colours of another.

    Args:
        target: the picture to be coloured.
        other: the reference.
        other_ab: the reference's own colours, ``[2,h,w]`` at the size of its lightness.

    Raises:
        SettingError: a model that takes no hints or gives no features.
    """
    target.card.require("reference")
    own, matched = (directions(seen.reference_features) for seen in (target, other))
    likeness = own.reshape(len(own), -1).T @ matched.reshape(len(matched), -1)  # [places of target, of other]
    best, back = likeness.argmax(1), likeness.argmax(0)
    score = likeness[np.arange(len(best)), best]
    mutual = np.flatnonzero((back[best] == np.arange(len(best))) & (score > MIN_SIMILARITY))
    mutual = mutual[np.argsort(-score[mutual], kind="stable")][:MOST]
    colors = _averaged(other_ab, *matched.shape[1:])
    field = HintField.none(*target.L.shape)
    cell = target.L.shape[0] / own.shape[1]
    for spot in mutual[::-1]:
        row, column = divmod(int(spot), own.shape[2])
        ab = colors[:, best[spot]]
        at = (int((row + 0.5) * cell), int((column + 0.5) * cell))
        field = field.with_patch(*at, max(1, int(cell / 2)), ab, TRUST * float(score[spot]))
    return field


def directions(features: Float32) -> FloatArray:
    """Features ``[C,h,w]``, centred, of unit length at each place."""
    found: FloatArray = features.astype(np.float64)
    found -= found.mean((1, 2), keepdims=True)
    found /= np.maximum(np.linalg.norm(found, axis=0), 1e-9)
    return found


def _averaged(ab: Float32, rows: int, columns: int) -> FloatArray:
    """Colours of a grid's cells: ``[2, rows * columns]``."""
    edges = [
        np.linspace(0, side, n + 1).astype(int)[:-1] for side, n in zip(ab.shape[1:], (rows, columns), strict=True)
    ]
    sums = np.add.reduceat(np.add.reduceat(ab.astype(np.float64), edges[0], 1), edges[1], 2)
    counts = [np.diff(np.append(edge, side)) for edge, side in zip(edges, ab.shape[1:], strict=True)]
    means: FloatArray = (sums / np.outer(counts[0], counts[1])).reshape(2, -1)
    return means
