"""No figure changes unnoticed: all of them against golden.csv, within named tolerances."""

from __future__ import annotations

import csv

import pytest

pytest.importorskip("torch")

from golden import FILE, TOLERANCES, measured, tolerance_of

from colorizing_things.lab.metrics import FAMILIES, figures

NEEDS_WEIGHTS = {"fid", "lpips", "best_of_100"}  # not on every machine; too many colourings


def golden() -> list[dict[str, str]]:
    with FILE.open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def found() -> dict[tuple[str, str], float]:
    return measured()


@pytest.mark.parametrize("row", golden(), ids=lambda row: f"{row['colouring']}-{row['figure']}")
def test_a_figure_is_what_it_was(row, found):
    relative, absolute = TOLERANCES[row["tolerance"]]
    value = found[row["colouring"], row["figure"]]
    assert value == pytest.approx(float(row["value"]), rel=relative, abs=absolute)


def test_every_figure_has_its_golden_values():
    listed = {row["figure"] for row in golden()}
    assert listed | NEEDS_WEIGHTS == set(figures()), "run tests/lab/evaluation/metrics/golden.py"
    assert {row["tolerance"] for row in golden()} == set(TOLERANCES)
    assert all(row["tolerance"] == tolerance_of(row["figure"]) for row in golden())
    assert FAMILIES["faces"].missing() is None
