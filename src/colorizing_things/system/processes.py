"""What this process may use, and what it may no longer do: cores within its limits, and no more than its share of them;
nothing after a fork."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import ClassVar, NoReturn, Self

from colorizing_things.errors import ColorizingError

FORKED = (
    "this process was forked from one that had coloured, and would hang: libvips' and ONNX Runtime's threads"
    " did not come along; start processes with multiprocessing.get_context('spawn'), or colour nothing before the fork"
)

_has_threads = _is_forked = False


class OfOneProcess:
    """What holds a library's objects: copied within its process, but not pickled.

    Attributes:
        instead: what to send to another process.
    """

    instead: ClassVar[str]

    def __copy__(self) -> Self:
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__)
        return other

    def __reduce__(self) -> NoReturn:
        """Say what to do.

        Raises:
            TypeError: always.
        """
        raise TypeError(f"a {type(self).__name__} stays in its process: send {self.instead}")


def cores() -> int:
    """How many cores this process may keep busy: its affinity and the quotas of its control groups are respected."""
    if hasattr(os, "process_cpu_count"):  # Python 3.13; PYTHON_CPU_COUNT sets it too
        count = os.process_cpu_count()
    elif hasattr(os, "sched_getaffinity"):
        count = len(os.sched_getaffinity(0))
    else:
        count = os.cpu_count()
    return max(1, math.ceil(min(count or 1, quota())))


def quota(groups: Path = Path("/proc/self/cgroup"), mounted: Path = Path("/sys/fs/cgroup")) -> float:
    """Cores' worth of time that Linux' control groups allow, of both versions; infinite where they say nothing.

    Args:
        groups: lists the groups of this process.
        mounted: where their settings lie.
    """
    least = math.inf
    for entry in _read(groups).splitlines():
        if entry.count(":") < 2:
            continue
        _, controllers, name = entry.split(":", 2)
        if controllers and "cpu" not in controllers.split(","):
            continue
        inside = PurePosixPath(name.lstrip("/"))
        for group in (inside, *inside.parents):  # each of them limits those within
            folder = mounted / (controllers and "cpu") / group
            if controllers:
                limit = _read(folder / "cpu.cfs_quota_us") + " " + _read(folder / "cpu.cfs_period_us")
            else:
                limit = _read(folder / "cpu.max")
            least = min(least, _share(limit.split()))
    return least


def _share(limit: list[str]) -> float:
    """``["150000", "100000"]``: microseconds in a period of so many."""
    if len(limit) == 2 and limit[0].isdecimal() and limit[1].isdecimal() and int(limit[0]) and int(limit[1]):
        return int(limit[0]) / int(limit[1])
    return math.inf


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeError):
        return ""


@contextmanager
def scheduling_kept() -> Iterator[None]:
    """Take back the real-time priority that a library gives this thread, and threads of its own, meanwhile.

    SVT-AV1 does so where root runs it: it had both cores to itself, and whatever this process started later went before
    the rest of the machine too. Linux alone has such priorities.
    """
    if not hasattr(os, "sched_setscheduler"):
        yield
        return
    before = _threads()
    policy, priority = os.sched_getscheduler(0), os.sched_getparam(0)
    try:
        yield
    finally:
        for thread in (0, *_threads() - before):  # 0: this one
            with suppress(ProcessLookupError):  # it has ended since
                if os.sched_getscheduler(thread) != policy:
                    os.sched_setscheduler(thread, policy, priority)


def _threads(tasks: Path = Path("/proc/self/task")) -> set[int]:
    """Those of this process, as Linux numbers them."""
    return {int(task.name) for task in tasks.iterdir()} if tasks.is_dir() else set()


def use_threads() -> None:
    """To be called before libvips or ONNX Runtime work: from then on a forked child of this process cannot.

    Raises:
        ColorizingError: this is such a child.
    """
    global _has_threads
    if _is_forked:
        raise ColorizingError(FORKED)
    _has_threads = True


def _after_fork() -> None:
    global _is_forked
    _is_forked = _has_threads


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
