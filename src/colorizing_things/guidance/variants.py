"""Many plausible colourings of one picture, likeliest first, by whatever means the network has for it."""

from __future__ import annotations

import numpy as np

from colorizing_things.color.chroma import Chroma
from colorizing_things.errors import SettingError
from colorizing_things.model.hint_field import HintField
from colorizing_things.model.seen import SeenPicture
from colorizing_things.types import Float32, FloatArray

from .palette import distribution

MOST_VARIANTS = 100
ROUNDS = 4  # places whose colour is drawn, one after the other
DRAW_EXPONENT = 1.5  # power on the distribution before a draw: its far tail is noise, not imagination
MIN_PLACE_DISTANCE = 0.3  # of the picture's shorter side: closer to a place already known a draw decides little
PATCH = 3  # cells of output a side of what a draw gives away
LEAST_MOOD = 0.8  # of other draws than the one that is shown: nearer to the mean they would hardly differ
TRUST = 0.95  # under 1: the network may soften a draw, which nobody insists on


def check_count(count: int) -> None:
    """Refuse a number of variants that cannot be meant.

    Raises:
        SettingError: under 1 or over ``MOST_VARIANTS``.
    """
    if not 1 <= count <= MOST_VARIANTS:
        raise SettingError(f"variants {count}: must be 1 to {MOST_VARIANTS}")


def check_index(index: int, count: int) -> None:
    """Refuse a variant that is not among ``count``.

    Raises:
        SettingError: it is not, or ``count`` cannot be meant.
    """
    check_count(count)
    if not 0 <= index < count:
        raise SettingError(f"variant {index}: must be 0 to {count - 1}, as there are {count}")


def latents(seen: SeenPicture, count: int, seed: int, mood: float = 0.0) -> list[Float32] | None:
    """The ``z`` of each variant, likeliest first, for a network whose variants are just that; None for others.

    Args:
        seen: the picture.
        count: how many, 1 to 100; the first is what is shown.
        seed: which; the same seed gives the same ones.
        mood: at which a picture with noise is shown.

    Raises:
        SettingError: a count out of range, or a network that knows one answer only.
    """
    check_count(count)
    seen.card.require("variants")
    if seen.card.has_noise:
        assert seen.z is not None
        return [seen.z, *(seen.noise(number, seed, max(mood, LEAST_MOOD)) for number in range(1, count))]
    if {"hint_ab", "logits"} <= {*seen.card.inputs, *seen.card.outputs}:
        return None
    return list(latent_codes(*_modes(seen), count, seed))


def latent_codes(weight: FloatArray, modes: Float32, count: int, seed: int) -> Float32:
    """Latent codes of ``count`` different answers, likeliest first: the network's modes, then draws around them.

    Args:
        weight: of the modes, ``[M]``, falling.
        modes: ``[M,d]``.
        count: how many.
        seed: of the draws; the same seed gives the same codes.

    Returns:
        ``[count, d]``.
    """
    rng = np.random.default_rng(seed)
    drawn = max(0, count - len(modes))
    around = modes[rng.choice(len(modes), drawn, p=weight / weight.sum())]
    noise = rng.standard_normal((drawn, modes.shape[1])).astype(np.float32)
    return np.concatenate([modes[:count], around + noise])


def _modes(seen: SeenPicture) -> tuple[FloatArray, Float32]:
    """The modes' weights and places; of a network without modes one, at zero."""
    found = seen.run(("mode_weights", "modes"))
    if "modes" not in found:
        return np.ones(1), np.zeros((1, 0 if seen.z is None else len(seen.z)), np.float32)
    return found["mode_weights"].astype(np.float64), found["modes"]


def redrawn(seen: SeenPicture, count: int, seed: int, hints: HintField | None) -> list[Chroma]:
    """Without a ``z``: the colours of the most uncertain places are drawn, and the network makes the rest fit."""
    plain = seen.decode(hints)
    drawn = [_one(seen, np.random.default_rng([seed, number]), hints) for number in range(1, count)]
    drawn.sort(key=lambda pair: -pair[1])
    return [plain, *(chroma for chroma, _ in drawn)]


def _one(seen: SeenPicture, rng: np.random.Generator, hints: HintField | None) -> tuple[Chroma, float]:
    """One colouring, and the log-likelihood of its draws."""
    field = hints or HintField.none(*seen.L.shape)
    bins, step, likelihood = np.array(seen.card.bins), seen.card.output_stride, 0.0
    for _ in range(ROUNDS):
        logits = seen.run(("logits",), field)["logits"] if field.mask.any() else seen.logits
        row, column = _uncertain_place(logits, field.mask[::step, ::step], rng)
        share = distribution(logits, row, column) ** DRAW_EXPONENT
        share /= share.sum()
        chosen = rng.choice(len(share), p=share)
        likelihood += float(np.log(share[chosen]))
        at = (row * step + step // 2, column * step + step // 2)
        field = field.with_patch(*at, PATCH * step, bins[chosen], TRUST)
    return seen.decode(field), likelihood


def _uncertain_place(logits: Float32, known: Float32, rng: np.random.Generator) -> tuple[int, int]:
    """A cell drawn by how open its colour is, away from those already known."""
    largest = logits - logits.max(0)
    share = np.exp(largest)
    share /= share.sum(0)
    openness = -(share * np.log(share + 1e-9)).sum(0).astype(np.float64)
    weight = (openness * _distance(known[: openness.shape[0], : openness.shape[1]])) ** 4
    chosen = rng.choice(weight.size, p=(weight / weight.sum()).reshape(-1))
    row, column = divmod(int(chosen), weight.shape[1])
    return row, column


def _distance(known: Float32) -> FloatArray:
    """How far each cell is from the nearest known one: 0 there, 1 from ``MIN_PLACE_DISTANCE`` on."""
    rows, columns = np.nonzero(known)
    if not len(rows):
        return np.ones(known.shape)
    y, x = np.indices(known.shape)
    nearest = np.full(known.shape, np.inf)
    for row, column in zip(rows, columns, strict=True):
        nearest = np.minimum(nearest, np.hypot(y - row, x - column))
    distance: FloatArray = np.minimum(1, nearest / (MIN_PLACE_DISTANCE * min(known.shape))) + 1e-6
    return distance
