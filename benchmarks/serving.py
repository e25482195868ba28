"""The server under load, against the bare pipeline: 8 clients at once, one 1-megapixel JPEG over and over.

    python benchmarks/serving.py [--requests 200] [--soak 2000] [--clients 8]

Prints the throughput of ``POST /v1/colorize`` as a share of the same work done in one process without HTTP
(wanted: 90%), p50 and p95 of its latency, the server's peak memory, and its memory along ``--soak`` requests
(wanted: flat; 0 leaves this out). Client, server and pipeline are processes of their own; the client sends ready
bytes and reads the answer, nothing else, but shares the machine's cores with the server.
"""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
from speed import make_photo

MEASURED = 10  # times that memory is looked at along the soak


def bare(source: Path, count: int) -> None:
    """What the server does, without it: as many at once as its workers. Prints pictures a second."""
    from colorizing_things import Colorizer, Picture
    from colorizing_things.system.defaults import jobs as default_jobs

    data, colorizer = source.read_bytes(), Colorizer()

    def once(_: int) -> int:
        return len(colorizer.encode(Picture.decode(data, "photo.jpg")))

    with ThreadPoolExecutor(default_jobs()) as pool:
        list(pool.map(once, range(8)))
        started = time.perf_counter()
        list(pool.map(once, range(count)))
    print(count / (time.perf_counter() - started))


@contextmanager
def server() -> Iterator[tuple[str, int]]:
    """Address and process id of ``colorize serve``."""
    code = "from colorizing_things.cli import main; main()"
    command = [sys.executable, "-c", code, "serve", "--port", "0"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    address = process.stderr.readline().split()[0]
    threading.Thread(target=process.stderr.read, daemon=True).start()
    try:
        yield address, process.pid
    finally:
        process.terminate()
        process.wait(30)


def memory(pid: int, what: str = "VmRSS") -> float:
    """MB that a process holds (VmRSS) or has held at most (VmHWM)."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    return int(next(line for line in lines if line.startswith(what)).split()[1]) / 1024


def load(address: str, data: bytes, count: int, clients: int) -> list[float]:
    """Seconds of each of ``count`` requests, sent by ``clients`` at once."""
    limits = httpx.Limits(max_connections=clients, max_keepalive_connections=clients)
    with httpx.Client(base_url=address, limits=limits, timeout=120) as client, ThreadPoolExecutor(clients) as pool:

        def once(_: int) -> float:
            started = time.perf_counter()
            client.post("/v1/colorize", files={"file": ("photo.jpg", data, "image/jpeg")}).raise_for_status()
            return time.perf_counter() - started

        return list(pool.map(once, range(count)))


def share(values: list[float], part: float) -> float:
    return sorted(values)[min(len(values) - 1, int(part * len(values)))]


def measure(source: Path, requests: int, soak: int, clients: int) -> None:
    data = source.read_bytes()
    command = [sys.executable, __file__, "--bare", str(source), "--requests", str(requests)]
    alone = float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    with server() as (address, pid):
        load(address, data, 2 * clients, clients)
        started = time.perf_counter()
        seconds = load(address, data, requests, clients)
        served = requests / (time.perf_counter() - started)
        print(f"bare pipeline                {alone:8.1f} pictures a second")
        print(f"served, {clients} clients at once   {served:8.1f} pictures a second  {100 * served / alone:.0f}%")
        print(f"latency                      p50 {share(seconds, 0.5):.3f} s  p95 {share(seconds, 0.95):.3f} s")
        held = [memory(pid)]
        for _ in range(MEASURED if soak else 0):
            load(address, data, soak // MEASURED, clients)
            held.append(memory(pid))
        print(f"peak memory                  {memory(pid, 'VmHWM'):8.0f} MB")
        if soak:
            print(f"memory along {soak} requests   {' '.join(f'{mb:.0f}' for mb in held)} MB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=200)
    parser.add_argument("--soak", type=int, default=2000)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--bare", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.bare:
        bare(options.bare, options.requests)
        return
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    with tempfile.TemporaryDirectory() as name:
        source = Path(name) / "1mp.jpg"
        make_photo(source, 1200, 900)
        measure(source, options.requests, options.soak, options.clients)


if __name__ == "__main__":
    main()
