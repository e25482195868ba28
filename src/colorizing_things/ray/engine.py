"""Colour an archive: names -> actors -> rows of the manifest, on this machine or a cluster. What Ray does, Ray does."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pyarrow as pa
import ray
from ray.data import ActorPoolStrategy, DataContext
from ray.exceptions import RayError, UserCodeException

from colorizing_things.errors import ColorizingError, SettingError
from colorizing_things.system.processes import cores

from . import names
from .attempts import Attempts
from .claim import claimed
from .job import Job
from .manifest import Manifest
from .worker import UNFIT, Worker

STORE = 200 << 20  # bytes of a local run's object store: only names and rows of the manifest pass through it
ONE_THREAD = {"env_vars": {"VIPS_CONCURRENCY": "1"}}  # a worker: one core, and so one thread of libvips'
PATIENCE = 10  # s that a cluster may take to answer


@contextmanager
def cluster(address: str | None, gpus: int, workers: int | None) -> Iterator[None]:
    """Ray, joined at ``address`` (or at ``RAY_ADDRESS``, as within a job of Ray's) or started on this machine.

    Raises:
        SettingError: no cluster answers.
    """
    address = address or os.environ.get("RAY_ADDRESS")
    os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")  # else it warns on the terminal of what it mends itself
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is told to anybody
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")  # without a word on it from Ray
    quiet: dict[str, Any] = {"logging_level": logging.ERROR, "log_to_driver": False}
    if address:
        _check_answers(address)
    else:
        quiet |= {"num_cpus": workers or cores(), "num_gpus": gpus, "object_store_memory": STORE}
    try:
        with _stderr_closed():
            # Without "local" it would join whatever cluster else runs on this machine, and refuse these settings.
            ray.init(address or "local", include_dashboard=None if address else False, **quiet)
    except Exception as error:  # Ray raises bare ones
        where = f"--address {address}: no Ray cluster answers" if address else "Ray does not start on this machine"
        raise SettingError(f"{where}: {_line(error)}") from error
    try:
        yield
    finally:
        ray.shutdown()


def _check_answers(address: str) -> None:
    """Ray would wait for minutes."""
    host, _, port = address.rpartition(":")
    if not host or "/" in host or not port.isdecimal():  # "auto", ray://...
        return
    try:
        socket.create_connection((host, int(port)), timeout=PATIENCE).close()
    except OSError as error:
        raise SettingError(f"--address {address}: no Ray cluster answers: {error.strerror or error}") from error


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
        PictureError: the archive cannot be listed, the manifest not be written, or another run is at it.
        SettingError: no cluster answers, or a worker cannot start.
    """
    job.archive.check()
    with claimed(job.out), cluster(address, gpus, workers), Manifest.open(job.out) as manifest:
        counting: Any = ray.remote(num_cpus=0)(names.count).remote(job)
        try:
            for rows in _rows(job, workers, gpus):
                if UNFIT in rows["status"].to_pylist():
                    raise SettingError(rows["error"][0].as_py())
                manifest.add(rows)
                report(rows.to_pylist())
                if counting is not None and ray.wait([counting], timeout=0)[0]:
                    expect(*ray.get(counting))
                    counting = None
            if counting is not None:
                expect(*ray.get(counting))
        except (RayError, UserCodeException) as error:
            raise ColorizingError(f"Ray ended the run: {_line(error)}") from error


def _rows(job: Job, workers: int | None, gpus: int) -> Iterator[pa.Table]:
    """Rows of the manifest, as photographs are done."""
    context = DataContext.get_current()
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    attempts = ray.remote(num_cpus=0, max_restarts=-1, max_task_retries=-1)(Attempts).remote()
    there = max(1, int(ray.cluster_resources().get("CPU", 1)))
    at_once = min(workers or there, there)
    # It may shrink to one: so a worker whose node has died finds a core again when others have nothing left to do.
    pool = ActorPoolStrategy(min_size=1, initial_size=at_once, max_size=workers, max_tasks_in_flight_per_actor=2)
    share: dict[str, Any] = {"num_gpus": min(1.0, gpus / at_once), "batch_size": names.MOST} if gpus else {}
    found = ray.data.read_datasource(names.Names(job), num_cpus=0).map_batches(
        Worker, fn_constructor_args=(job, attempts), batch_format="pyarrow", compute=pool, num_cpus=1,
        runtime_env=ONE_THREAD, **{"batch_size": None, **share},
    )  # fmt: skip
    yield from found.iter_batches(batch_size=None, batch_format="pyarrow", prefetch_batches=0)


def _line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__
