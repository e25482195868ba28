"""The command as a user runs it: a process of its own, its exit code and its one line."""

from __future__ import annotations

import os
import subprocess
import sys

ENTRY = "from colorizing_things.command import main; main()"


def colorize(*args, stdin=None, cwd=None, env=None, code=ENTRY):
    command = [sys.executable, "-c", code, *map(str, args)]
    return subprocess.run(
        command, input=stdin, capture_output=True, cwd=cwd, timeout=120, env={**os.environ, **(env or {})}
    )


def fails(*args, code=1, script=ENTRY, **kwargs):
    """Run it, check that it fails in one line, and return that line."""
    result = colorize(*args, code=script, **kwargs)
    text = result.stderr.decode()
    assert result.returncode == code, text
    assert "Traceback" not in text
    assert len(text.strip().splitlines()) == 1, text
    return text
