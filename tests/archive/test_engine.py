"""Archives coloured by real processes of Ray: on a cluster of two nodes, from a bucket and from a folder."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from contextlib import contextmanager
from dataclasses import replace
from types import SimpleNamespace

import pyarrow as pa
import pytest
import ray
from commands import fails
from pyarrow.fs import copy_files

from colorizing_things import Colorizer, SettingError
from colorizing_things.batch import color_one
from colorizing_things.ray import ColorizeBatch, manifest
from colorizing_things.ray.attempts import Attempts
from colorizing_things.ray.engine import run
from colorizing_things.ray.names import SCHEMA
from colorizing_things.ray.place import Place
from colorizing_things.ray.worker import Worker

NAMES = sorted(["0.jpg", "2.jpg", "4.jpg", "6.jpg", "1901/1.jpg", "1901/3.jpg", "1901/5.jpg", "1901/7.jpg"])

PATIENCE = 600  # s: Ray starts slowly beside other work
SOON = 60  # s


def rows(out):
    return manifest.read(out).to_pylist()


def done(out):
    return sorted(row["destination"] for row in rows(out) if row["status"] == "done")


def files(folder):
    """Everything but the manifest, hidden leftovers too."""
    found = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return sorted(path.as_posix() for path in found if path.parts[0] != manifest.FOLDER)


def test_from_bucket_to_bucket_with_a_worker_killed(cluster, store, archive, tmp_path):
    names = tmp_path.name
    source, out = (Place.of(f"s3://{bucket}/{names}{store}") for bucket in ("archive", "coloured"))
    copy_files(str(archive), source.root, destination_filesystem=source.system)
    job = replace(_job(archive, tmp_path), archive=source, out=out)
    killed, heard, expected = [], [], []

    def report(found):
        heard.extend(found)
        if not killed and any(row["status"] == "done" for row in found):
            killed.append(_a_worker())
            os.kill(killed[0], signal.SIGKILL)

    run(job, address=cluster, report=report, expect=lambda *counts: expected.append(counts))
    told = Counter(row["status"] for row in rows(out))
    assert killed and told == {"done": 8, "failed": 1, "left out": 1} and expected == [(10, 0)]
    listed = [about.path for folder in ("", "1901") for about in out.listing(folder) if about.is_file]
    assert sorted(path.removeprefix(f"{out.root}/") for path in listed) == done(out) == NAMES
    broken = next(row for row in rows(out) if row["status"] == "failed")
    assert broken["error"].startswith(f"s3://archive/{names}/broken.jpg: ") and broken["checksum"] is None
    local = Colorizer(threads=1).encode(archive / "0.jpg")
    with out.lent("0.jpg") as path:
        assert path.read_bytes() == local  # to the byte what a local run writes
    first = next(row for row in rows(out) if row["source"] == "0.jpg")
    assert first["checksum"] == out.checksum("0.jpg") and (first["width"], first["height"]) == (600, 400)
    assert sorted(row["source"] for row in heard) == sorted(row["source"] for row in rows(out))


def _job(archive, tmp_path):
    from colorizing_things.ray.job import Job

    return Job(Place.of(str(archive)), Place.of(str(tmp_path / "out")))


def _a_worker():
    """Process of one that is alive, of this cluster: a process below this one."""
    listing = subprocess.run(["ps", "-eo", "pid=,ppid=,args="], capture_output=True, text=True, check=True).stdout
    processes = [line.split(None, 2) for line in listing.splitlines()]
    parents = {int(pid): int(parent) for pid, parent, *_ in processes}

    def is_ours(pid):
        while pid in parents:
            pid = parents[pid]
            if pid == os.getpid():
                return True
        return False

    return next(int(p[0]) for p in processes if p[2].startswith("ray::MapWorker") and is_ours(int(p[0])))


def test_a_killed_command_goes_on_and_does_nothing_twice(cluster, archive, tmp_path):
    out = tmp_path / "out"
    words = [archive, "-o", out, "--engine", "ray", "--address", cluster, "--json"]
    command = [sys.executable, "-m", "colorizing_things", *map(str, words)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        first = json.loads(process.stdout.readline())
        process.kill()
    assert first["status"] == "done" and first["destination"] in files(out)
    noted = len(rows(Place.of(str(out))))  # none, but on a machine that takes half a minute for one
    before = {name: (out / name).stat().st_mtime_ns for name in files(out) if not name.startswith(".")}
    result = subprocess.run(command, capture_output=True, timeout=PATIENCE)
    assert result.returncode == 1, result.stderr
    assert f"{8 - noted} done  {noted} skipped  1 failed  1 left out" in result.stderr.decode()
    assert len(result.stdout.splitlines()) == 10 - noted
    assert done(Place.of(str(out))) == files(out) == NAMES
    assert before == {name: (out / name).stat().st_mtime_ns for name in before}


def test_a_photograph_that_ends_its_process_again_and_again_is_given_up(cluster, archive, tmp_path):
    ray.init(cluster, logging_level="ERROR", log_to_driver=False)
    try:
        attempts = ray.remote(num_cpus=0)(Attempts).remote()
        for dead in ("first", "second", "third"):
            ray.get(attempts.begin.remote(dead, "0.jpg"))
        worker = Worker(_job(archive, tmp_path), attempts)
        assert not ray.get(attempts.begin_task.remote("fourth", "0.jpg"))
        assert ray.get(attempts.begin_task.remote(worker.me, "0.jpg"))
        row = worker.one("0.jpg", "0.jpg", "", there=False, again=True)
        assert row["status"] == "failed" and "0.jpg: 3 processes ended with it" in row["error"]
        assert worker.one("2.jpg", "2.jpg", "", there=False, again=True)["status"] == "done"
        before = (tmp_path / "out" / "2.jpg").stat().st_mtime_ns
        row = worker.one("2.jpg", "2.jpg", "", there=False, again=True)
        assert row["status"] == "done" and row["seconds"] is None
        assert before == (tmp_path / "out" / "2.jpg").stat().st_mtime_ns
    finally:
        ray.shutdown()


def test_a_photograph_costs_a_bucket_three_requests(store, archive, tmp_path, requests):
    source, out = (Place.of(f"s3://{bucket}/{tmp_path.name}{store}") for bucket in ("archive", "coloured"))
    source.write("0.jpg", (archive / "0.jpg").read_bytes())
    worker = Worker(replace(_job(archive, tmp_path), archive=source, out=out), None)
    assert worker.one("0.jpg", "0.jpg", "", there=False, again=False)["status"] == "done"
    assert requests(f"archive/{tmp_path.name}") == ["PUT", "HEAD", "GET"]
    assert requests(f"coloured/{tmp_path.name}") == ["PUT"]


def test_one_is_coloured_while_the_next_is_read_and_the_last_is_written(archive, tmp_path, monkeypatch):
    worker = Worker(_job(archive, tmp_path), SimpleNamespace(begin_task=SimpleNamespace(remote=lambda *_: False)))
    lent, taken, second_is_read, second_is_colored = Place.lent, Place.taken, threading.Event(), threading.Event()

    @contextmanager
    def lending(place, name):
        with lent(place, name) as file:
            if name == "2.jpg":
                second_is_read.set()
            yield file

    @contextmanager
    def taking(place, name):
        with taken(place, name) as file:
            yield file
            assert name != "0.jpg" or second_is_colored.wait(SOON)

    def color(colorizer, task, options):
        if task.source.name == "0.jpg":
            assert second_is_read.wait(SOON)
        else:
            second_is_colored.set()
        return color_one(colorizer, task, options)

    monkeypatch.setattr(Place, "lent", lending)
    monkeypatch.setattr(Place, "taken", taking)
    monkeypatch.setattr("colorizing_things.ray.worker.color_one", color)
    monkeypatch.setattr("ray.get", lambda answer: answer)
    names = [{"source": name, "destination": name, "problem": "", "there": False} for name in ("0.jpg", "2.jpg")]
    found = worker(pa.Table.from_pylist(names, SCHEMA)).to_pylist()
    assert [(row["source"], row["status"]) for row in found] == [("0.jpg", "done"), ("2.jpg", "done")]


def test_a_pipeline_of_ray_datas_own(cluster, archive):
    ray.init(cluster, logging_level="ERROR", log_to_driver=False)
    try:
        found = ray.data.read_binary_files(str(archive / "1901"), include_paths=True)
        batch = found.map_batches(ColorizeBatch, concurrency=1, batch_size=4).take_batch(4)
        path = batch["path"][0]
        assert batch["bytes"][0] == Colorizer(threads=1).encode(path) and list(batch["error"]) == [""] * 4
    finally:
        ray.shutdown()


def test_a_run_on_this_machine_alone_leaves_a_cluster_that_runs_here_in_peace(cluster, archive, tmp_path):
    words = [archive / "1901", "-o", tmp_path / "out", "--engine", "ray", "--jobs", 1]
    # In a process of its own: Ray Data keeps what it knows of one cluster for the next that its process meets.
    result = subprocess.run(
        [sys.executable, "-m", "colorizing_things", *map(str, words)], capture_output=True, timeout=PATIENCE
    )
    assert result.returncode == 0 and "4 done" in result.stderr.decode(), result.stderr


def test_a_worker_that_cannot_start_ends_the_run_in_one_line(cluster, archive, tmp_path):
    job = replace(_job(archive, tmp_path), model="none")
    with pytest.raises(SettingError, match=r"^unknown model 'none'.*\(on [\d.]+\)$"):
        run(job, address=cluster, report=lambda _: None, expect=lambda *_: None)
    assert rows(job.out) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--engine", "dask", "-o", "out"], "engine 'dask'"),
        (["--engine", "ray"], "another for its results"),
        (["--gpus", "1", "-o", "out"], "are for --engine ray"),
        (["--engine", "ray", "-o", "out", "--hint", "1,1=#ff0000"], "one picture"),
        (["--engine", "ray", "-o", "out", "--address", "127.0.0.1:9"], "no Ray cluster answers"),
    ],
)
def test_wrong_words_are_one_line(words, said, archive):
    assert said in fails(archive, *words)
