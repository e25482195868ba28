from __future__ import annotations

import pytest

pytest.importorskip("torch")

import numpy as np

from colorizing_things.lab.evaluation.journal import Journal


def key(number: int) -> str:
    return f"{number:064x}"


def record(number: int) -> dict:
    rng = np.random.default_rng(number)
    return {
        "value": np.asarray(rng.normal() / 3),
        "histogram": rng.normal(size=(3, 5)),
        "features": rng.normal(size=7).astype(np.float32),
        "nothing": np.asarray(np.nan),
    }


def assert_same(found: dict, expected: dict) -> None:
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        np.testing.assert_array_equal(found[name], value)
        assert found[name].dtype == value.dtype and found[name].shape == value.shape


def test_records_come_back_to_the_last_bit(tmp_path):
    with Journal(tmp_path / "records.jsonl") as journal:
        for i in range(5):
            journal.append(key(i), record(i))
        assert_same(journal.read(key(3)), record(3))
    with Journal(tmp_path / "records.jsonl") as journal:
        assert key(4) in journal and key(5) not in journal
        for i in (4, 0, 2):
            assert_same(journal.read(key(i)), record(i))


@pytest.mark.parametrize("cut", [1, 40, 300])
def test_a_line_cut_short_is_dropped_and_nothing_else(tmp_path, cut):
    path = tmp_path / "records.jsonl"
    with Journal(path) as journal:
        for i in range(3):
            journal.append(key(i), record(i))
    path.write_bytes(path.read_bytes()[:-cut])
    with Journal(path) as journal:
        assert key(1) in journal and key(2) not in journal
        journal.append(key(3), record(3))
    with Journal(path) as journal:
        assert key(2) not in journal
        for i in (0, 1, 3):
            assert_same(journal.read(key(i)), record(i))


def test_reading_between_writes(tmp_path):
    with Journal(tmp_path / "records.jsonl") as journal:
        journal.append(key(0), record(0))
        assert_same(journal.read(key(0)), record(0))
        journal.append(key(1), record(1))
        assert_same(journal.read(key(0)), record(0))
        assert_same(journal.read(key(1)), record(1))


def test_a_record_is_of_the_code_that_made_it(monkeypatch):
    from colorizing_things.lab.evaluation import benchmark

    assert benchmark.code_checksum() == benchmark.code_checksum.__wrapped__()
    before = benchmark.key_of("weights", "photograph")
    monkeypatch.setattr(benchmark, "code_checksum", lambda: "another")
    assert benchmark.key_of("weights", "photograph") != before
