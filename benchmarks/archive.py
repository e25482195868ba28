"""An archive coloured by Ray on a cluster of two worker nodes of this machine, a core each, from a bucket to a bucket.

    python benchmarks/archive.py [--count 2000] [--kill-every 30] [--node-dies] [--seconds 3600]

The photographs are of one megapixel, no two alike. The store is moto's server, in a process of its own. The same
photographs go through one process with one thread first (``--alone`` of them), without Ray and without a store. Cores
are shared with the store, Ray and whatever else runs, so the rate is given twice: by the clock, and in processor time
of all that took part: the workers, Ray, this process and the store.

``--kill-every`` ends a worker with SIGKILL every so many seconds, and ``--node-dies`` one of the two nodes half way.
At the end the manifest is held against a listing of both buckets: nothing lost, nothing twice, checksums right.
``--seconds`` ends the run early, as Ctrl-C does.
"""

from __future__ import annotations

import argparse
import os
import platform
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
from speed import make_photo

TICK = os.sysconf("SC_CLK_TCK")
WIDTH, HEIGHT = 1200, 900
HELD = ("this process", "the largest worker", "all else of Ray", "the store")
LOOK = 10  # s from one look at memory and processor time to the next, as looking takes of both


def photographs(folder: Path, count: int) -> None:
    """So many, of a hundred in a sub-folder: one scene with other grain, mirrored and moved, as JPEG."""
    import pyvips

    make_photo(folder / "scene.tif", 2 * WIDTH, HEIGHT)
    scene = pyvips.Image.new_from_file(str(folder / "scene.tif")).copy_memory()
    chosen = random.Random(1)
    for number in range(count):
        path = folder / "scans" / f"{number // 100:04}" / f"{number:07}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        part = scene.crop(chosen.randrange(WIDTH), 0, WIDTH, HEIGHT)
        part = part.fliphor() if number % 2 else part
        part.linear(1, chosen.randint(-20, 20)).cast("uchar").write_to_file(str(path), Q=85)


def children(root: int) -> dict[int, str]:
    """Processes below one, with their titles."""
    parents, titles = {}, {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                titles[int(entry.name)] = (entry / "cmdline").read_text().replace("\0", " ")
    found, waiting = {}, [root]
    while waiting:
        pid = waiting.pop()
        below = [child for child, parent in parents.items() if parent == pid]
        found |= {child: titles[child] for child in below}
        waiting += below
    return found


def processor_seconds(pid: int) -> float:
    """What a process has used itself."""
    with suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        return sum(map(int, fields[11:13])) / TICK
    return 0.0


def memory(pid: int) -> float:
    """MB that are its own and no other's (USS)."""
    with suppress(OSError):
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8").splitlines()
        return sum(int(line.split()[1]) for line in lines if line.startswith("Private_")) / 1024
    return 0.0


@contextmanager
def bucket(folder: Path) -> Iterator[str]:
    """A store that keeps what it is given in files, not in memory. Yields its address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (folder / "store").mkdir()
    command = [sys.executable, str(Path(__file__).with_name("store.py")), str(folder / "store"), str(port)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    while "Running on" not in process.stderr.readline():
        if process.poll() is not None:
            raise SystemExit("moto's server did not start: pip install 'moto[server,s3]'")
    threading.Thread(target=lambda: all(process.stderr), daemon=True).start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)


class Monitor(threading.Thread):
    """Ends workers; writes down the memory of every process that takes part, and the processor time of all."""

    def __init__(self, kill_every: float | None) -> None:
        super().__init__(daemon=True)
        self.kill_every, self.killed, self.ended = kill_every, 0, threading.Event()
        self.held: list[tuple[float, ...]] = []  # MB: see HELD
        self.used: dict[int, float] = {}
        self.before: dict[int, float] = {}
        self.parts: dict[int, str] = {os.getpid(): "this process"}

    def run(self) -> None:
        last, looks = time.monotonic(), 0
        while not self.ended.wait(1):
            looks += 1
            if looks % LOOK == 0:
                self.look()
            if self.kill_every and time.monotonic() - last > self.kill_every:
                workers = [pid for pid, title in children(os.getpid()).items() if title.startswith("ray::MapWorker")]
                if workers:
                    self.used |= {pid: processor_seconds(pid) for pid in workers}
                    os.kill(random.choice(workers), signal.SIGKILL)
                    self.killed, last = self.killed + 1, time.monotonic()

    def look(self) -> None:
        below = children(os.getpid())
        self.used |= {pid: processor_seconds(pid) for pid in (os.getpid(), *below)}
        self.used[os.getpid()] -= time.thread_time() if self.is_alive() else 0  # what looking takes is not the run's
        for pid, title in below.items():
            part = "workers" if title.startswith("ray::MapWorker") else "store" if "store.py" in title else "Ray"
            self.parts[pid] = part
        workers = [memory(pid) for pid, title in below.items() if title.startswith("ray::MapWorker")]
        others = [memory(pid) for pid, title in below.items() if self.parts[pid] == "Ray"]
        store = [memory(pid) for pid, title in below.items() if self.parts[pid] == "store"]
        self.held.append((memory(os.getpid()), max(workers, default=0), sum(others), sum(store)))


def alone(scans: Path, count: int, folder: Path) -> tuple[float, float]:
    """Pictures a second, and processor seconds a picture, of one process with one thread on the bare files."""
    code = (
        "import os, sys, time; os.environ['VIPS_CONCURRENCY'] = '1'; from pathlib import Path;"
        "from colorizing_things import Colorizer;"
        "from colorizing_things.imaging.libvips import operations_not_cached;"
        "paths = sorted(Path(sys.argv[1]).rglob('*.jpg'))[:int(sys.argv[2])]; out = Path(sys.argv[3]);\n"
        "with operations_not_cached():\n"
        "    c = Colorizer(threads=1); c.colorize_file(paths[0], out / 'first.jpg')\n"
        "    t, u = time.perf_counter(), time.process_time()\n"
        "    for n, p in enumerate(paths): c.colorize_file(p, out / f'{n}.jpg')\n"
        "    print(len(paths) / (time.perf_counter() - t), (time.process_time() - u) / len(paths))\n"
    )
    out = folder / "alone"
    command = [sys.executable, "-c", code, str(scans), str(count), str(out)]
    rate, seconds = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return float(rate), float(seconds)


def check(job: Any, ended: bool) -> str:
    """The manifest against the listings. A sentence, or the run fails."""
    from colorizing_things.ray import manifest, names

    rows = manifest.read(job.out)
    due = {name.source: name.destination for name in names.walk(job)}
    told = Counter(rows["source"].to_pylist())
    there = {about.path.removeprefix(f"{job.out.root}/") for about in _files(job.out)}
    results = {name for name in there if not name.startswith(manifest.FOLDER)}
    failed = [row for row in rows.to_pylist() if row["status"] != "done"]
    assert max(told.values()) == 1, "a photograph is in the manifest twice"
    assert not failed, failed[:3]
    noted = set(rows["destination"].to_pylist())
    assert noted <= results, "the manifest tells of results that are not there"
    assert not ended or noted == results == set(due.values()), "photographs are lost"
    for row in random.Random(0).sample(rows.to_pylist(), min(300, len(rows))):
        assert job.out.checksum(row["destination"]) == row["checksum"], row
    return f"{len(results)} of {len(due)} results, each once in the manifest; 300 checksums right"


def _files(place: Any) -> list[Any]:
    from pyarrow.fs import FileSelector, FileType

    found = place.system.get_file_info(FileSelector(place.root, recursive=True))
    return [about for about in found if about.type == FileType.File]


def measure(folder: Path, options: argparse.Namespace) -> None:
    import ray
    from pyarrow.fs import copy_files
    from ray.cluster_utils import Cluster

    from colorizing_things.ray.engine import run
    from colorizing_things.ray.job import Job
    from colorizing_things.ray.place import Place

    scans = folder / "scans"
    photographs(folder, options.count)
    (folder / "alone").mkdir()
    rate, seconds = alone(scans, options.alone, folder)
    print(
        f"one process, one thread, no store   {rate:6.2f} a second   {seconds:.3f} processor seconds each", flush=True
    )
    monitor = Monitor(options.kill_every)
    with bucket(folder) as server:
        for name in ("archive", "coloured"):
            _ = Place.of(f"s3://{name}?endpoint_override={server}&scheme=http&allow_bucket_creation=true")
            _.system.create_dir(name)
        query = f"?endpoint_override={server}&scheme=http"
        job = Job(Place.of(f"s3://archive/scans{query}"), Place.of(f"s3://coloured/scans{query}"))
        copy_files(str(scans), job.archive.root, destination_filesystem=job.archive.system)
        shutil.rmtree(scans)  # room for the results
        head = {"num_cpus": 0, "include_dashboard": False}
        cluster = Cluster(initialize_head=True, head_node_args=head)
        nodes = [cluster.add_node(num_cpus=1, object_store_memory=100 << 20) for _ in range(2)]
        try:
            first: list[float] = []
            done, began, ended = 0, time.monotonic(), True

            def report(rows: list[dict[str, Any]]) -> None:
                nonlocal done
                if not first:
                    first.append(time.monotonic())
                    monitor.look()
                    monitor.before = dict(monitor.used)
                    monitor.start()
                done += len(rows)
                if done // 500 > (done - len(rows)) // 500:
                    print(f"  {done} after {time.monotonic() - first[0]:.0f} s", file=sys.stderr, flush=True)
                if options.node_dies and done > options.count / 2 and len(nodes) == 2:
                    cluster.remove_node(nodes.pop(), allow_graceful=False)
                if options.seconds and time.monotonic() - began > options.seconds:
                    raise KeyboardInterrupt

            try:
                run(job, address=cluster.address, report=report, expect=lambda *_: None)
            except KeyboardInterrupt:
                ended = False
            monitor.ended.set()
            monitor.join()
            clock = time.monotonic() - first[0]
            ours, each = done / clock, (sum(monitor.used.values()) - sum(monitor.before.values())) / done
            print(f"two nodes of a core, with a store    {ours:5.2f} a second   {each:.3f} processor seconds each")
            spent = Counter[str]()
            for pid, seconds_used in monitor.used.items():
                spent[monitor.parts[pid]] += (seconds_used - monitor.before.get(pid, 0)) / done
            print("  of which " + "  ".join(f"{part} {share:.3f}" for part, share in spent.most_common()))
            print(f"  of one process's rate a core: {100 * seconds / each:.0f}% in processor time, "
                  f"{100 * ours / (2 * rate):.0f}% by the clock")  # fmt: skip
            some = monitor.held[:: max(1, len(monitor.held) // 10)]
            for n, what in enumerate(HELD):
                print(f"  MB along the run, {what}: {' '.join(f'{held[n]:.0f}' for held in some)}")
            died = f"{monitor.killed} workers killed, {2 - len(nodes)} nodes"
            print(f"  {done} in {clock:.0f} s, {died}", flush=True)
            print(f"  {check(job, ended)}")
        finally:
            ray.shutdown()
            cluster.shutdown()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--alone", type=int, default=50)
    parser.add_argument("--kill-every", type=float)
    parser.add_argument("--node-dies", action="store_true")
    parser.add_argument("--seconds", type=float)
    options = parser.parse_args()
    os.environ.setdefault("RAY_worker_niceness", "0")  # as the process that the workers are compared with
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        os.environ.setdefault(name, "any")
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, numpy {np.__version__}")
    with tempfile.TemporaryDirectory() as name:
        measure(Path(name), options)


if __name__ == "__main__":
    main()
