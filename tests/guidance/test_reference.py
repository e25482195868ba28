"""Hints lent by another picture: of matching places, both ways, each at its own place and with its own colour."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from colorizing_things.guidance import reference


def seen(features, height, width):
    card = SimpleNamespace(require=lambda ability: None)
    return SimpleNamespace(card=card, reference_features=np.asarray(features, np.float32), L=np.zeros((height, width)))


def one_hot(kinds, count):
    """[C,h,w]: what each place shows."""
    return (np.arange(count)[:, None, None] == np.asarray(kinds)).astype(np.float32)


def test_each_place_takes_the_colour_of_its_match():
    ours = seen(one_hot([[0, 1, 2], [3, 4, 5]], 6), 16, 24)
    theirs = seen(one_hot([[5, 4], [3, 2], [1, 0]], 6), 24, 16)
    colors = np.zeros((2, 24, 16), np.float32)
    for kind in range(6):  # a colour a kind, in the reference's own cells of 8 x 8
        row, column = divmod(5 - kind, 2)
        colors[:, row * 8 : row * 8 + 8, column * 8 : column * 8 + 8] = np.array([10 * kind, -5 * kind])[:, None, None]
    field = reference.hints_from(ours, theirs, colors)
    for kind in range(6):
        row, column = divmod(kind, 3)
        at = (row * 8 + 4, column * 8 + 4)
        assert field.mask[at] > 0.5
        np.testing.assert_allclose(field.ab[:, at[0], at[1]], [10 * kind, -5 * kind], atol=1e-4)


def test_what_is_no_match_both_ways_says_nothing():
    """Two places of ours look like one of theirs: only the better of them is its match."""
    ours = one_hot([[0, 0, 1]], 3)
    ours[:, 0, 1] += [0, 0, 0.4]
    field = reference.hints_from(
        seen(ours, 8, 24), seen(one_hot([[0, 1]], 3), 8, 16), np.full((2, 8, 16), 20, np.float32)
    )
    assert field.mask[4, 4] > 0.5 and field.mask[4, 20] > 0.5
    assert field.mask[4, 12] == 0


def test_of_many_matches_the_best_are_kept():
    kinds = reference.MOST + 10
    theirs = one_hot([list(range(kinds))], 2 * kinds)
    for kind in range(10):  # these are less alike: they show something of their own as well
        theirs[kinds + kind, 0, kind] = 0.8
    field = reference.hints_from(
        seen(one_hot([list(range(kinds))], 2 * kinds), 8, 8 * kinds), seen(theirs, 8, 8 * kinds),
        np.full((2, 8, 8 * kinds), 20, np.float32),
    )  # fmt: skip
    told = field.mask[4, 4::8] > 0
    assert told.tolist() == [False] * 10 + [True] * reference.MOST
