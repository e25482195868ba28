"""System calls that fail on purpose in a process of its own: ``failing_calls.c``, compiled here, preloaded there.

env = faults("read:EIO:old.jpg:0")  # every read of a file whose path contains old.jpg
"""

from __future__ import annotations

import errno
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import pytest
from commands import Ended, one_after_another
from programs import need

SOURCE = Path(__file__).parent / "data" / "failing_calls.c"


@cache
def library() -> Path:
    """The compiled library; the test is skipped where there is no compiler."""
    if not sys.platform.startswith("linux"):
        pytest.skip("preloads as Linux does")
    compiler = need("gcc")
    path = Path(tempfile.mkdtemp(prefix="failing-")) / "calls.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", path, SOURCE, "-ldl"], check=True)
    return path


def faults(*specifications: str) -> dict[str, str]:
    """The environment in which these calls fail: ``CALL:ERRNO:PART:SKIP`` each, the number by its name."""
    return {"LD_PRELOAD": str(library()), "FAULTS": ";".join(map(numbered, specifications))}


def numbered(specification: str) -> str:
    """As ``FAULTS`` has it: the error by its number."""
    call, name, part, skip = specification.split(":")
    return f"{call}:{getattr(errno, name)}:{part}:{skip}"


def in_one_process(commands: Iterable[tuple[list[str], Path, str, dict[str, str]]]) -> list[Ended]:
    """Commands that load much, one after another: words, folder, one fault that is due at once, environment."""
    told = [(words, folder, {"FAULTS": numbered(fault), **more}) for words, folder, fault, more in commands]
    return one_after_another(told, {"LD_PRELOAD": str(library())})
