"""Code blocks of the docs, to run as they stand."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
SETUP = ("python3 -m venv", "pip install", "make ")  # what sets up a machine is CI's own first step


def blocks(page: str, kind: str) -> list[str]:
    """Contents of the blocks of one language, in the page's order."""
    found = re.findall(r"^```(\w+)\n(.*?)^```", (ROOT / page).read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    return [text for its, text in found if its == kind]


def commands(page: str, kind: str = "console", elsewhere: tuple[str, ...] = ()) -> list[str]:
    """A shell's lines of all its blocks, without those that set up a machine or hold any of the words ``elsewhere``."""
    lines = [line.removeprefix("$ ") for block in blocks(page, kind) for line in block.splitlines()]
    return [line for line in lines if not any(word in line for word in (*SETUP, *elsewhere))]


def run(line: str, folder: Path) -> str:
    """One line, or several, by a shell that finds ``colorize`` and the packages' programs; what they print."""
    program = folder / "bin" / "colorize"
    if not program.exists():
        program.parent.mkdir()
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m colorizing_things "$@"\n')
        program.chmod(0o755)
    path = os.pathsep.join([str(program.parent), str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(["bash", "-ec", line], cwd=folder, env={**os.environ, "PATH": path}, capture_output=True)
    assert done.returncode == 0, (line, done.stderr.decode())
    return done.stdout.decode()
