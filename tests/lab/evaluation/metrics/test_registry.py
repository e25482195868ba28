"""What holds for every metric, whoever adds it."""

from __future__ import annotations

import pytest

pytest.importorskip("torch")

import torch

from colorizing_things.lab.metrics import FAMILIES, figures
from colorizing_things.lab.metrics.base import FamilyMetric, Figure, Pair, Rows
from colorizing_things.lab.metrics.confidence import Calibration
from colorizing_things.lab.metrics.distances import FeatureDistances
from colorizing_things.lab.metrics.fidelity import Fidelity, psnr
from colorizing_things.lab.metrics.semantics import SemanticAgreement

# Whoever adds a family and its class brings these tests along.
CLASSES = {metric.family.name: metric for metric in FamilyMetric.__subclasses__()}
PAIRWISE = [*(metric for metric in CLASSES.values() if metric is not Calibration), FeatureDistances, SemanticAgreement]
# Of features (classes of their own kind), of several colourings, and torchmetrics' own.
WITHOUT_A_CLASS = {"distances", "semantics", "diversity", "inception", "lpips"}


def test_every_family_has_its_class():
    assert set(CLASSES) | WITHOUT_A_CLASS == set(FAMILIES) and not set(CLASSES) & WITHOUT_A_CLASS


def test_every_figure_takes_as_many_terms_as_it_says(tensors, faded):
    pair = Pair(faded[0], tensors[0], torch.rand(tensors[0].shape[1:]))
    for name in CLASSES:
        record = {key: value[None] for key, value in FAMILIES[name].measure(pair).items()}
        for figure in FAMILIES[name].figures:
            if isinstance(figure, Figure):
                terms = figure.table_of_terms(Rows(record, record, record))
                assert terms is not None and terms.shape == (1, figure.width), figure.key
                assert figure.combine(terms).shape == (1,)


def test_keys_are_unique_and_explained():
    keys = [figure.key for family in FAMILIES.values() for figure in family.figures]
    assert len(keys) == len(set(keys)) == len(figures())
    for figure in figures().values():
        assert len(figure.meaning) > 60 and figure.title and figure.direction in ("higher", "lower", "real", "none")
        assert "|" not in figure.title  # it heads a row of a Markdown table


def test_records_of_different_families_do_not_collide(tensors, faded):
    seen: dict[str, str] = {}
    for name, family in FAMILIES.items():
        if family.missing() is not None:
            continue
        pair = Pair(faded[0], tensors[0], torch.rand(tensors[0].shape[1:]), [faded[0]] * 8)
        for key in family.measure(pair):
            assert seen.setdefault(key, name) == name


def two_processes(metric_class, batches):
    """Two processes' metrics, each fed every other batch, reduced as torchmetrics reduces them."""
    parts = [metric_class() for _ in range(2)]
    for i, batch in enumerate(batches):
        parts[i % 2].update(*batch)
    parts[0].merge_state(parts[1])
    return parts[0].compute()


@pytest.mark.parametrize("metric_class", PAIRWISE)
def test_two_processes_see_what_one_sees(metric_class, tensors, faded):
    batches = [(p[None], t[None]) for p, t in zip(faded, tensors, strict=True)]
    alone = metric_class()
    for batch in (batches[i] for i in (0, 2, 4, 1, 3, 5)):
        alone.update(*batch)
    expected, found = alone.compute(), two_processes(metric_class, batches)
    if isinstance(expected, float):
        expected, found = {"": expected}, {"": found}
    assert found == {key: pytest.approx(value, rel=1e-6, nan_ok=True) for key, value in expected.items()}


def test_a_gathered_reduction_adds_up(tensors, faded):
    """The path that a distributed run takes: states are gathered from all processes, then summed."""
    metric = Fidelity()
    metric.update(faded[0][None], tensors[0][None])
    metric.sync(dist_sync_fn=lambda state, group=None: [state, state], distributed_available=lambda: True)
    assert float(metric.count) == 2
    assert float(metric.sum_psnr) == pytest.approx(2 * float(psnr(faded[0], tensors[0])))
    metric.unsync()
    alone = Fidelity()
    alone.update(faded[0][None], tensors[0][None])
    assert metric.compute() == pytest.approx(alone.compute())


def test_confidence_is_taken_by_the_metric_too(tensors, faded):
    alone, halves = Calibration(), [Calibration(), Calibration()]
    for i in range(4):
        confidence = torch.full((1, *tensors[i].shape[1:]), 0.2 * (i + 1))
        for metric in (alone, halves[i % 2]):
            metric.update(faded[i][None], tensors[i][None], confidence)
    halves[0].merge_state(halves[1])
    assert halves[0].compute() == pytest.approx(alone.compute())
