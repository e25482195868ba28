"""The command as a user runs it: a process of its own, its exit code and its one line."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from waiting import PATIENCE

ENTRY = "from colorizing_things.__main__ import main; main()"
# Before it: the writing of a picture lasts, whatever the machine.
SLOWLY = """
import time
from colorizing_things import colorizer
join = colorizer._join
def slow(*words):
    time.sleep(0.5)
    return join(*words)
colorizer._join = slow
"""


def at_import(module, number):
    """Before it: the process sends itself a signal when a statement begins to load a module."""
    return f"""
import os, sys
awaited = [{module!r}]
def at_import(event, words):
    if event == "import" and words[0] in awaited:
        awaited.clear()
        os.kill(os.getpid(), {int(number)})
sys.addaudithook(at_import)
"""


def start(*words, cwd=None, before="", **options):
    """The command, running, ``before`` which this code runs; it heeds Ctrl-C."""
    # A shell's background job, as CI may run us, would hand down that SIGINT is to be ignored.
    heed = None if sys.platform == "win32" else lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)
    command = [sys.executable, "-c", before + ENTRY, *map(str, words)]
    return subprocess.Popen(command, cwd=cwd, stderr=subprocess.PIPE, preexec_fn=heed, **options)


def colorize(*args, stdin=None, cwd=None, env=None, code=ENTRY):
    command = [sys.executable, "-c", code, *map(str, args)]
    return subprocess.run(
        command, input=stdin, capture_output=True, cwd=cwd, timeout=PATIENCE, env={**os.environ, **(env or {})}
    )


def fails(*args, code=1, script=ENTRY, **kwargs):
    """Run it, check that it fails in one line, and return that line."""
    result = colorize(*args, code=script, **kwargs)
    text = result.stderr.decode()
    assert result.returncode == code, text
    assert "Traceback" not in text
    assert len(text.strip().splitlines()) == 1, text
    return text


# Commands of the lab spend most of a small task on loading torch.
ONE_AFTER_ANOTHER = """
import contextlib, io, json, os, sys, traceback
from colorizing_things.cli import main
ends, told = [], sys.stdout
for words, folder, environment in json.load(sys.stdin):
    os.chdir(folder)
    os.environ.update(environment)
    sys.argv[1:] = words
    out, err, code = io.StringIO(), io.StringIO(), None
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main()
        except SystemExit as end:
            code = end.code
        except BaseException:
            traceback.print_exc()
    ends.append((code, out.getvalue(), err.getvalue()))
json.dump(ends, told)
"""


class Ended(NamedTuple):
    """How a command ended (None: not by itself), and what it printed."""

    code: int | None
    stdout: str
    stderr: str


def one_after_another(
    commands: Iterable[tuple[list[str], Path, dict[str, str]]], env: dict[str, str] | None = None
) -> list[Ended]:
    """Commands in one process, each with its words, its folder and its environment; how each ended."""
    done = subprocess.run(
        [sys.executable, "-c", ONE_AFTER_ANOTHER], input=json.dumps([(w, str(f), e) for w, f, e in commands]),
        stdout=subprocess.PIPE, text=True, check=True, env={**os.environ, **(env or {})},
    )  # fmt: skip
    return [Ended(*end) for end in json.loads(done.stdout)]
