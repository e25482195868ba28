"""What the system refuses the server is 503 or 507, with its reason in the log; SIGTERM is answered as documented."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from unittest import mock

import httpx
import numpy as np
import pytest
from commands import ENTRY, at_import, start
from failing import faults
from server.conftest import encoded, error_line
from waiting import PATIENCE, until

from colorizing_things.model.runtime import Graph

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")


@contextmanager
def command(
    *options: str, env: dict[str, str] | None = None, before: str = ""
) -> Iterator[tuple[httpx.Client, subprocess.Popen]]:
    """``colorize serve`` in a process of its own, ``before`` which this code runs, and its client."""
    words = [sys.executable, "-c", before + ENTRY, "serve", "--port", "0", *options]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True, env={**os.environ, **(env or {})}) as process:
        try:
            found = re.search(r"http://\S+", process.stderr.readline())
            with httpx.Client(base_url=found[0], transport=httpx.HTTPTransport(retries=20), timeout=PATIENCE) as client:
                yield client, process
        finally:
            process.kill()


@pytest.mark.parametrize(
    ("fault", "status", "said"),
    [("write:ENOSPC", 507, "disk is full"),  ("open:EMFILE", 503, "cannot read or write")],
)  # fmt: skip
def test_an_upload_that_cannot_be_kept(tmp_path, fault, status, said):
    noise = encoded(np.random.default_rng(0).integers(0, 255, (1500, 1500), np.uint8), "PNG")  # too much for memory
    spool = tmp_path / "spool"
    spool.mkdir()  # Python looks once whether it can write there
    env = {**faults(f"{fault}:{spool}:1"), "TMPDIR": str(spool)}
    with command(env=env) as (client, process):
        answer = client.post("/v1/colorize", files={"file": ("old.png", noise)})
        assert said in error_line(answer, status)
        assert answer.headers["retry-after"]
        assert client.get("/healthz").status_code == 200
        process.send_signal(signal.SIGTERM)
        log = process.stderr.read()
    assert f"POST /v1/colorize: {status}: OSError" in log


def test_memory_that_is_refused_is_503(client, jpg):
    run = Graph.run
    with mock.patch.object(Graph, "run", side_effect=MemoryError):
        for route in ("/v1/colorize", "/v1/sessions"):
            assert "not enough memory" in error_line(client.post(route, files={"file": ("a.jpg", jpg)}), 503)
    native = RuntimeError("Failed to allocate memory for requested buffer of size 1")
    with mock.patch.object(Graph, "run", side_effect=native):
        assert "not enough memory" in error_line(client.post("/v1/sessions", files={"file": ("a.jpg", jpg)}), 503)
    assert Graph.run is run


# A picture that is never done, which ends when it is told to.
ENDLESS = """
import time
from colorizing_things.system.stopping import current
from colorizing_things.colorizer import Colorizer
def encode(self, *_, **__):
    while not time.sleep(0.01):
        current().check()
Colorizer.encode = encode
"""


@POSIX
def test_sigterm_answers_who_is_waiting_and_ends(jpg):
    with command("--workers", "1", before=ENDLESS) as (client, process), ThreadPoolExecutor(3) as others:
        asked = [others.submit(client.post, "/v1/colorize", files={"file": ("a.jpg", jpg)}) for _ in range(3)]
        until(lambda: {"colorize_jobs_running 1.0", "colorize_queue_length 2.0"} <= set(metrics(client)))
        process.send_signal(signal.SIGTERM)
        for future in asked:
            assert "shutting down" in error_line(future.result(), 503)
        assert process.wait(PATIENCE) == 0
        assert "Traceback" not in process.stderr.read()


@POSIX
def test_an_answer_on_its_way_at_sigterm_arrives_whole():
    """A client that reads nothing before the time for requests is over: uvicorn by itself would send no more."""
    noise = encoded(np.random.default_rng(0).integers(0, 255, (1500, 2000), np.uint8), "PNG")  # more than sockets hold
    with (
        command("--workers", "1") as (client, process),
        client.stream("POST", "/v1/colorize", files={"file": ("a.png", noise)}) as answer,
    ):
        process.send_signal(signal.SIGTERM)
        log = process.stderr.readline()
        assert "graceful shutdown exceeded" in log
        assert len(b"".join(answer.iter_raw())) == int(answer.headers["content-length"])
        assert process.wait(PATIENCE) == 0
        assert "Traceback" not in process.stderr.read()


def metrics(client: httpx.Client) -> list[str]:
    return client.get("/metrics").text.splitlines()


@POSIX
@pytest.mark.parametrize("module", ["colorizing_things.cli", "starlette", "colorizing_things.server.page"])
def test_sigterm_at_any_moment_of_the_start(module):
    with start("serve", "--port", "0", before=at_import(module, signal.SIGTERM)) as process:
        _, said = process.communicate(timeout=PATIENCE)
    assert said.decode() == "colorize: ended from outside; run the same command again to go on\n"
    assert process.returncode == 143


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="process namespaces are Linux'")
def test_a_containers_first_process_heeds_sigterm():
    inside = ["unshare", "--pid", "--fork", "--kill-child", sys.executable, "-c", ENTRY, "serve", "--port", "0"]
    try:
        allowed = subprocess.run([*inside[:4], "true"], capture_output=True).returncode == 0
    except FileNotFoundError:
        allowed = False
    if not allowed:
        pytest.skip("no right to make a process namespace here")
    with subprocess.Popen(inside, stderr=subprocess.PIPE, text=True) as outer:
        assert "http://" in outer.stderr.readline()
        children = f"/proc/{outer.pid}/task/{outer.pid}/children"
        first = int(open(children, encoding="utf-8").read().split()[0])  # noqa: PTH123, SIM115
        os.kill(first, signal.SIGTERM)
        assert outer.wait(PATIENCE) == 0
