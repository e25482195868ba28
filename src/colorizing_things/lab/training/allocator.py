"""Memory that a training step frees is kept for the next one."""

from __future__ import annotations

import ctypes
import sys

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # glibc's malloc.h
KEPT = 2**31 - 1  # bytes: the largest that mallopt takes


def keep_freed_memory() -> bool:
    """Have glibc keep freed memory instead of giving it back to the system and fetching it anew, zeroed, every step.

    The process stays as large as it once was. Return whether this could be set: only on Linux with glibc.
    """
    if not sys.platform.startswith("linux"):
        return False
    try:
        mallopt = ctypes.CDLL("libc.so.6").mallopt
    except (OSError, AttributeError):
        return False
    return bool(mallopt(M_MMAP_THRESHOLD, KEPT)) & bool(mallopt(M_TRIM_THRESHOLD, KEPT))
