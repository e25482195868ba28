"""What a mean of plausible colours has too much of is taken back, and a hint still comes out as it was given."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")
from colorizing_things.lab.decoding.toning import Toning


def shown(toning: Toning, a: float, b: float) -> list[float]:
    return toning(torch.tensor([a, b]).view(1, 2, 1, 1)).flatten().tolist()


@pytest.fixture
def toning() -> Toning:
    return Toning(1, 0.6, 0.5)


def test_moderate_violet_becomes_navy_and_a_strong_orange_calms(toning):
    assert shown(toning, 8, -15) == pytest.approx([8 * 0.4, -15], abs=0.01)
    assert shown(toning, 8, 2) == pytest.approx([8 * 0.7, 2], abs=0.15)  # mauve, half of the way to violet
    a, b = shown(toning, 20, 20)  # an orange of a chroma of 28.3: half of what is above 15
    assert (a, b) == pytest.approx((15.30, 15.30), abs=0.01)
    assert shown(toning, 10, 10) == pytest.approx([10, 10], abs=0.01)  # pale skin


@pytest.mark.parametrize("color", [(0, 0), (60, 10), (45, 35), (-20, -20), (-10, -30), (5, -60), (0, 60), (-30, 40)])
def test_grey_crimson_blue_green_yellow_and_a_violet_that_is_meant_stay(toning, color):
    assert shown(toning, *color) == pytest.approx(color, abs=0.8)


def test_undone_it_is_what_it_was(toning):
    torch.manual_seed(0)
    for each in (toning, Toning(0.93, 0.65, 0.5), Toning(1.2, 0, 0)):
        ab = 40 * torch.randn(2, 2, 16, 16)
        torch.testing.assert_close(each(each.undone(ab)), ab, rtol=1e-4, atol=1e-3)
        torch.testing.assert_close(each.undone(each(ab)), ab, rtol=1e-4, atol=1e-3)
        assert each.undone(torch.zeros(1, 2, 2, 2)).abs().max() == 0


def test_a_factor_on_chroma_is_all_where_nothing_is_taken_back():
    ab = torch.randn(1, 2, 8, 8)
    torch.testing.assert_close(Toning(0.9, 0, 0)(ab), 0.9 * ab)
