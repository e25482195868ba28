"""Nothing leaves the machine, and nothing is noted under the user's home: of the command, of Python, of the server."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

# A guard in the interpreter: any address asked for or called ends the process. (Below Python, strace looks.)
GUARD = """
import os, socket
def refuse(*args, **kwargs):
    os.write(2, f"looked up or called {args}".encode())
    os._exit(99)
socket.getaddrinfo = socket.gethostbyname = socket.socket.connect = socket.socket.sendto = refuse
"""
JOBS = {
    "command": "import sys; sys.argv[1:] = ['old.jpg']; from colorizing_things.cli import main; main()",
    "python": "from colorizing_things import Colorizer; Colorizer()('old.jpg')",
    "server": (
        "from colorizing_things.server.dependencies import AppState; from colorizing_things.server.settings import *;"
        "state = AppState(Settings()); state.colorizer('old.jpg')"
    ),
}


def clean(home: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "ORT_"))}
    return {**kept, "HOME": str(home), "USERPROFILE": str(home), "LOCALAPPDATA": str(home), "TMPDIR": str(home)}


@pytest.mark.parametrize("job", JOBS)
def test_a_job_writes_its_picture_and_nothing_else(job, old_jpg, tmp_path):
    if job == "server":
        pytest.importorskip("fastapi")
    home = tmp_path / "home"
    home.mkdir()
    command = [sys.executable, "-c", GUARD + JOBS[job]]
    strace = shutil.which("strace")
    if strace:
        trace = tmp_path / "trace"
        command = [strace, "-f", "-qq", "-o", str(trace), "-e", "trace=connect,sendto,sendmsg,sendmmsg", *command]
    done = subprocess.run(command, cwd=old_jpg.parent, env=clean(home), capture_output=True, timeout=300)
    assert done.returncode == 0, done.stderr.decode()
    assert old_jpg.with_name("old.color.jpg").exists()
    assert list(home.rglob("*")) == []
    if strace:
        called = [line for line in trace.read_text().splitlines() if "AF_INET" in line or "sendmmsg" in line]
        assert called == []
        assert "DeveloperTools" not in trace.read_text()
