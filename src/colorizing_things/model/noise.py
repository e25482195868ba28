"""The noise that a picture's colours are drawn with: a function of seed, draw, channel and place, and of nothing else.

Counter-based, so that any place can be asked for by itself: a larger picture, a strip of it, a browser or another
machine gets the same numbers. ``web/src/lib/noise.ts`` is the same in TypeScript; ``tests/data/noise.json`` holds
golden values that both are checked against.

1. Philox4x32-10 (Salmon, Moraes, Dror, Shaw, Parallel Random Numbers: As Easy as 1, 2, 3, SC 2011) makes four 32-bit
   words of the counter ``(column, row, channel, draw)`` and the key ``(seed mod 2^32, seed div 2^32 mod 2^32)``.
2. Box and Muller (1958) make one normal number of the first two words, in double precision:
   ``sqrt(-2 ln((word 0 + 1) / 2^32)) * cos(2 pi word 1 / 2^32)``.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from colorizing_things.types import Float32

ROUNDS = 10
MULTIPLIERS = (np.uint64(0xD2511F53), np.uint64(0xCD9E8D57))  # PHILOX_M4x32_0 and _1
WEYL = (0x9E3779B9, 0xBB67AE85)  # PHILOX_W32_0 and _1: what the key grows by each round
LOW = np.uint64(0xFFFFFFFF)
SHIFT = np.uint64(32)

Words = npt.NDArray[np.uint64]  # of 32 bits each, in 64 so that products fit


def philox(counter: tuple[Words, Words, Words, Words], key: tuple[int, int]) -> tuple[Words, Words, Words, Words]:
    """Philox4x32-10: four words of each counter, as arrays that broadcast together.

    Examples:
        >>> nothing = (np.zeros(1, np.uint64),) * 4
        >>> [int(word[0]) for word in philox(nothing, (0, 0))]
        [1713891541, 3781805453, 3159862348, 2600524760]
    """
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(ROUNDS):
        first, second = c0 * MULTIPLIERS[0], c2 * MULTIPLIERS[1]
        c0, c1, c2, c3 = (
            (second >> SHIFT) ^ c1 ^ np.uint64(k0),
            second & LOW,
            (first >> SHIFT) ^ c3 ^ np.uint64(k1),
            first & LOW,
        )
        k0, k1 = (k0 + WEYL[0]) % 2**32, (k1 + WEYL[1]) % 2**32
    return c0, c1, c2, c3


def gaussian_noise(seed: int, draw: int, channels: int, height: int, width: int) -> Float32:
    """Independent normal numbers of mean 0 and variance 1.

    Args:
        seed: any whole number; its lowest 64 bits count.
        draw: which of the seed's draws, 0 to 2^32 - 1.
        channels, height, width: of the field.

    Returns:
        ``[channels, height, width]``; a larger field begins with the smaller one.

    Examples:
        >>> small, large = gaussian_noise(1, 0, 2, 3, 4), gaussian_noise(1, 0, 2, 30, 40)
        >>> small.shape, bool((small == large[:, :3, :4]).all())
        ((2, 3, 4), True)
    """
    channel, row, column = np.ogrid[:channels, :height, :width]
    places = np.broadcast_arrays(*(axis.astype(np.uint64) for axis in (column, row, channel)), np.uint64(draw))
    column, row, channel, number = (np.asarray(axis, np.uint64) for axis in places)
    first, second, _, _ = philox((column, row, channel, number), (seed % 2**32, (seed >> 32) % 2**32))
    radius = np.sqrt(-2 * np.log((first.astype(np.float64) + 1) / 2**32))
    return np.asarray(radius * np.cos(2 * np.pi / 2**32 * second.astype(np.float64)), np.float32)
