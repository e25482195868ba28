"""System calls that fail on purpose in a process of its own: ``failing_calls.c``, compiled here, preloaded there.

env = faults("read:EIO:old.jpg:0")  # every read of a file whose path contains old.jpg
"""

from __future__ import annotations

import errno
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

import pytest
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
    said = []
    for specification in specifications:
        call, name, part, skip = specification.split(":")
        said.append(f"{call}:{getattr(errno, name)}:{part}:{skip}")
    return {"LD_PRELOAD": str(library()), "FAULTS": ";".join(said)}
