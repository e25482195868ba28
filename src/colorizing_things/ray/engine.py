"""Colour an archive: names -> actors -> rows of the manifest, on this machine or a cluster. What Ray does, Ray does."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pyarrow as pa
import ray
from ray.data import ActorPoolStrategy, DataContext
from ray.data.exceptions import UserCodeException

from colorizing_things.errors import ColorizingError, SettingError
from colorizing_things.processes import cores

from . import names
from .attempts import Attempts
from .job import Job
from .manifest import Manifest
from .worker import Worker

STORE = 200 << 20  # bytes of a local run's object store: only names and rows of the manifest pass through it
WATCH = 0.5  # s between looks whether the archive is counted


@contextmanager
def cluster(address: str | None, gpus: int, workers: int | None) -> Iterator[None]:
    """Ray, joined at ``address`` (or at ``RAY_ADDRESS``, as within a job of Ray's) or started on this machine.

    Raises:
        SettingError: no cluster answers.
    """
    address = address or os.environ.get("RAY_ADDRESS")
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")  # else it warns on the terminal of what it mends itself
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")  # without a word on it from Ray
    quiet: dict[str, Any] = {"logging_level": logging.ERROR, "log_to_driver": False}
    if not address:
        quiet |= {"num_cpus": workers or cores(), "num_gpus": gpus, "object_store_memory": STORE}
    try:
        with _stderr_closed():
            ray.init(address, include_dashboard=None if address else False, **quiet)
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise SettingError(f"--address {address}: no Ray cluster answers: {_line(error)}") from error
    try:
        yield
    finally:
        ray.shutdown()


@contextmanager
def _stderr_closed() -> Iterator[None]:
    """Meanwhile nothing is written to it, by Ray's C++ code neither, which says which level it logs at."""
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def run(
    job: Job,
    *,
    address: str | None = None,
    workers: int | None = None,
    gpus: int = 0,
    report: Callable[[list[dict[str, Any]]], None],
    expect: Callable[[int, int], None],
) -> None:
    """Colour what no earlier run has settled, and note it in the manifest.

    Args:
        job: what.
        address: a cluster's; None: this machine alone.
        workers: photographs at once; None: one a core of the cluster, and more as it grows.
        gpus: so many GPUs are shared by the workers.
        report: hears of rows of the manifest as they come.
        expect: hears once how many photographs are due and how many were settled before.

    Raises:
        PictureError: the archive cannot be listed, or the manifest not be written.
        SettingError: no cluster answers, or a worker cannot start.
    """
    job.archive.check()
    with cluster(address, gpus, workers), Manifest.open(job.out) as manifest:
        counting = ray.remote(num_cpus=0)(names.count).remote(job)
        try:
            for rows in _rows(job, workers, gpus):
                manifest.add(rows)
                report(rows.to_pylist())
                if counting is not None and ray.wait([counting], timeout=0)[0]:
                    expect(*ray.get(counting))
                    counting = None
            if counting is not None:
                expect(*ray.get(counting))
        except (ray.exceptions.RayError, UserCodeException) as error:
            raise _ours(error) from error


def _rows(job: Job, workers: int | None, gpus: int) -> Iterator[pa.Table]:
    """Rows of the manifest, as photographs are done."""
    context = DataContext.get_current()
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    attempts = ray.remote(num_cpus=0, max_restarts=-1, max_task_retries=-1)(Attempts).remote()
    cores = int(ray.cluster_resources().get("CPU", 1))
    at_once = min(workers or cores, cores)
    pool = ActorPoolStrategy(min_size=1, initial_size=at_once, max_size=workers, max_tasks_in_flight_per_actor=2)
    found = ray.data.read_datasource(names.Names(job), num_cpus=0).map_batches(
        Worker, fn_constructor_args=(job, attempts), batch_size=None, batch_format="pyarrow", compute=pool,
        num_cpus=1, num_gpus=min(1.0, gpus / at_once) if gpus else None,
    )  # fmt: skip
    for rows in found.iter_batches(batch_size=None, batch_format="pyarrow", prefetch_batches=0):
        yield rows


def _ours(error: Exception) -> ColorizingError:
    """What a worker raised, as our error where it is one."""
    cause: BaseException | None = error
    while cause is not None:
        inner = getattr(cause, "cause", None)
        if isinstance(cause, ColorizingError):
            return cause
        cause = inner if isinstance(inner, BaseException) else cause.__cause__
    return ColorizingError(f"Ray ended the run: {_line(error)}")


def _line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__
