"""The benchmark: every candidate on every photograph, in any number of workers, resumed where it stopped.

A record depends on one candidate and one photograph alone, and is computed on one core; figures are drawn
from the records in the set's order. So the number of workers, the order of work, and being killed half-way
change nothing in the results.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import cache
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

import colorizing_things
from colorizing_things.errors import TrainingError
from colorizing_things.lab.metrics import FAMILIES
from colorizing_things.lab.metrics.base import Pair, Record, Table
from colorizing_things.lab.metrics.protocol import PROTOCOL

from .candidates import Candidate, Colored
from .journal import Journal
from .pictures import Picture, read_rgb, to_tensor


class Task(NamedTuple):
    """One picture to score for one candidate; ``candidate`` is its place in the list."""

    key: str
    candidate: int
    picture: Picture


def record_key(candidate: Candidate, picture: Picture) -> str:
    """What a record is of: what decides the colours, the photograph's bytes, and how it was measured."""
    return key_of(candidate.fingerprint(picture), picture.sha256)


def key_of(fingerprint: str, sha256: str) -> str:
    """The journal's key of what ``fingerprint`` decides about a photograph, under this protocol."""
    return hashlib.sha256("|".join((fingerprint, sha256, _measurement())).encode()).hexdigest()


def _measurement() -> str:
    """The protocol, which families are measured here, and the code that colours and measures."""
    measured = [name for name, family in FAMILIES.items() if family.missing() is None]
    return json.dumps([PROTOCOL.as_dict(), measured, code_checksum()], sort_keys=True)


@cache
def code_checksum() -> str:
    """SHA-1 of the source that decides a record: the product's but for its command and its server, and the metrics'."""
    package = Path(colorizing_things.__file__).parent
    digest = hashlib.sha1(usedforsecurity=False)
    for path in sorted(package.rglob("*.py")):
        first, *rest = path.relative_to(package).parts
        if first not in ("cli", "server", "lab") or (first == "lab" and rest[:2] == ["evaluation", "metrics"]):
            digest.update(path.relative_to(package).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()


def score(candidate: Candidate, picture: Picture) -> Record:
    """Everything that is kept of one picture coloured by one candidate."""
    real = read_rgb(picture.path)
    colored = candidate.colorize(picture, real)
    return measure(colored, to_tensor(real))


def measure(colored: Colored, truth: torch.Tensor, network: bool = True) -> Record:
    """Measure all families; without those that run a feature network if ``network`` is False."""
    confidence = None if colored.confidence is None else torch.from_numpy(colored.confidence)
    pair = Pair(to_tensor(colored.rgb), truth, confidence, [to_tensor(sample) for sample in colored.samples])
    record: Record = {}
    for family in FAMILIES.values():
        if (network or not family.network) and family.missing() is None:
            record.update(family.measure(pair))
    return record


def run(
    candidates: Sequence[Candidate],
    pictures: Sequence[Picture],
    journal: Journal,
    workers: int,
    console: Console,
) -> int:
    """Score what the journal does not hold yet; return how many records were added."""
    tasks = []
    claimed: set[str] = set()
    for number, candidate in enumerate(candidates):
        for picture in pictures:
            key = record_key(candidate, picture)
            if key not in journal and key not in claimed:
                claimed.add(key)
                tasks.append(Task(key, number, picture))
    total = len(candidates) * len(pictures)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, TimeRemainingColumn(), console=console) as progress:
        bar = progress.add_task("scoring", total=total, completed=total - len(tasks))
        for task, record in _work(candidates, tasks, workers):
            journal.append(task.key, record)
            progress.update(bar, advance=1, description=f"scoring {candidates[task.candidate].name}")
    return len(tasks)


def _work(candidates: Sequence[Candidate], tasks: list[Task], workers: int) -> Iterator[tuple[Task, Record]]:
    """Records as they are done, whoever does them."""
    workers = min(workers, len(tasks))
    if workers <= 1:
        with _one_core():
            for task in tasks:
                yield task, score(candidates[task.candidate], task.picture)
        return
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, context, _start_worker, (tuple(candidates),))
    try:
        ahead = iter(tasks)
        pending: dict[Future[Record], Task] = {}
        while True:
            for task in islice(ahead, 4 * workers - len(pending)):
                pending[pool.submit(_score_in_worker, task)] = task
            if not pending:
                return
            for done in wait(pending, return_when=FIRST_COMPLETED).done:
                yield pending.pop(done), done.result()
    except BrokenProcessPool as error:
        raise TrainingError(f"a worker process ended by itself ({error}); try fewer --workers") from error
    finally:
        pool.shutdown(cancel_futures=True)


_candidates: tuple[Candidate, ...] = ()  # of a worker process


def _start_worker(candidates: tuple[Candidate, ...]) -> None:
    global _candidates
    _candidates = candidates
    torch.set_num_threads(1)


def _score_in_worker(task: Task) -> Record:
    return score(_candidates[task.candidate], task.picture)


@contextmanager
def _one_core() -> Iterator[None]:
    """Torch on one core, as in a worker: sums over several cores may end in another last digit."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def table_of(candidate: Candidate, pictures: Sequence[Picture], journal: Journal) -> Table:
    """All records of one candidate, stacked in the set's order."""
    records = [journal.read(record_key(candidate, picture)) for picture in pictures]
    names = [name for name in records[0] if all(name in record for record in records)]
    return {name: np.stack([record[name] for record in records]) for name in names}
