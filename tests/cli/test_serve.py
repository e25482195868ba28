"""``colorize serve`` as a user runs it: a process of its own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys

import pytest
from waiting import PATIENCE

COMMAND = [sys.executable, "-c", "from colorizing_things.cli import main; main()", "serve"]


def fails(*options: str, env: dict[str, str] | None = None, code: int = 1) -> str:
    result = subprocess.run(
        [*COMMAND, *options], capture_output=True, text=True, timeout=PATIENCE, env={**os.environ, **(env or {})}
    )
    assert result.returncode == code and "Traceback" not in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1, result.stderr
    return result.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
def test_it_serves_and_ends_on_ctrl_c(old_jpg):
    httpx = pytest.importorskip("httpx")
    pytest.importorskip("fastapi")
    heed = lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)  # noqa: E731
    process = subprocess.Popen([*COMMAND, "--port", "0"], stderr=subprocess.PIPE, text=True, preexec_fn=heed)
    try:
        address = re.search(r"http://127\.0\.0\.1:\d+", process.stderr.readline())[0]
        transport = httpx.HTTPTransport(retries=20)
        with httpx.Client(base_url=address, transport=transport, timeout=PATIENCE) as client:
            assert client.get("/healthz").json() == {"status": "ok"}
            answer = client.post("/v1/colorize", files={"file": ("old.jpg", old_jpg.read_bytes())})
            assert answer.content[:3] == b"\xff\xd8\xff"
            taken = fails("--port", address.rpartition(":")[2])
            assert "cannot be listened at" in taken
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=PATIENCE)
    finally:
        process.kill()
    assert "Traceback" not in said
    assert process.returncode in (0, 130)


def test_what_cannot_work_is_one_line():
    pytest.importorskip("fastapi")
    assert "workers 0" in fails("--workers", "0")
    assert "max-upload" in fails("--max-upload-mb", "0")
    assert "port 70000" in fails("--port", "70000")
    assert "choose default" in fails("--model", "nothing")
    assert "colorize --help" in fails("--port", "high", code=2)


def test_without_the_extra_it_says_what_to_install():
    """As in an environment that has not the extra: its modules are not to be found."""
    hidden = (
        "import sys\n"
        "class Hidden:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.partition('.')[0] in ('fastapi', 'uvicorn', 'starlette', 'prometheus_client'):\n"
        "            raise ModuleNotFoundError(f'No module named {name!r}', name=name)\n"
        "sys.meta_path.insert(0, Hidden())\n"
        "from colorizing_things.cli import main\n"
        "main()\n"
    )
    command = [sys.executable, "-c", hidden, "serve"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
    assert result.returncode == 1 and len(result.stderr.strip().splitlines()) == 1
    assert "pip install '.[server]'" in result.stderr


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "localhost", "127.0.0.1", "::1"])
def test_the_address_that_is_printed_works(host):
    """What it listens at and what it prints, as ``serve`` puts them together."""
    import socket

    from colorizing_things.cli.serve import _listen, _reached_at

    if ":" in host and not socket.has_ipv6:
        pytest.skip("no IPv6 here")
    with _listen(host, 0) as listening:
        port = listening.getsockname()[1]
        reached = _reached_at(host)
        with socket.create_connection((reached.strip("[]"), port), timeout=10) as connection:
            assert connection.getpeername()[1] == port
        assert (":" in reached) == reached.startswith("[")
