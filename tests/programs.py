"""Programs that are no Python packages: tests that need one say so, and a run ends with a line for each that lacks.

    path = need("exiftool")  # skips the test where there is no ExifTool

With ``COLORIZE_NEED_PROGRAMS=1`` such a skip fails the run: what CI wants.
"""

from __future__ import annotations

import os
import shutil
from collections import Counter
from typing import NamedTuple

import pytest

REASON = "needs the program "


class Program(NamedTuple):
    """Its title, the names that it goes by, what is tested with it, and Debian's package."""

    title: str
    names: tuple[str, ...]
    group: str
    package: str


PROGRAMS = {
    "chromium": Program(
        "Chromium",
        ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"),
        "the page in a browser",
        "chromium",
    ),
    "firefox": Program("Firefox", ("firefox-esr", "firefox"), "the page in another browser", "firefox-esr"),
    "xvfb": Program("a screen that nobody sees", ("xvfb-run",), "the page in another browser", "xvfb, xauth"),
    "npx": Program("Node", ("npx",), "the page as it is built", "npm"),
    "exiftool": Program("ExifTool", ("exiftool",), "metadata as ExifTool reads it", "libimage-exiftool-perl"),
    "nginx": Program("nginx", ("nginx",), "the server behind a proxy", "nginx-light"),
    "gcc": Program("a C compiler", ("gcc", "cc"), "what the system refuses", "gcc, libc6-dev"),
    "caddy": Program("Caddy", ("caddy",), "the server behind another proxy", "caddy"),
    "systemd-analyze": Program("systemd", ("systemd-analyze",), "the server as systemd starts it", "systemd"),
    "localedef": Program("localedef", ("localedef",), "other locales", "locales"),
    "curl": Program("curl", ("curl",), "the server's documented commands", "curl"),
    "jq": Program("jq", ("jq",), "the server's documented commands", "jq"),
    "ffprobe": Program("ffprobe", ("ffprobe",), "films as others read them", "ffmpeg"),
}


def find(program: str) -> str | None:
    """Path of a program, None where there is none."""
    return next(filter(None, map(shutil.which, PROGRAMS[program].names)), None)


def need(program: str) -> str:
    """Path of a program; the test is skipped where there is none."""
    path = find(program)
    if path is None:
        pytest.skip(REASON + program)
    return path


def lacking(skipped: list[pytest.TestReport]) -> Counter[str]:
    """How many tests each missing program kept from running."""
    reasons = (report.longrepr[2] for report in skipped if isinstance(report.longrepr, tuple))
    return Counter(reason.partition(REASON)[2] for reason in reasons if REASON in reason)


def line(program: str, count: int) -> str:
    """What is said of one missing program."""
    title, _, group, package = PROGRAMS[program]
    tests = "1 test" if count == 1 else f"{count} tests"
    return f"skipped for want of {title} (Debian: {package}): {group}, {tests}"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for program, count in sorted(lacking(terminalreporter.stats.get("skipped", [])).items()):
        terminalreporter.write_line(line(program, count), yellow=True)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    wanted = os.environ.get("COLORIZE_NEED_PROGRAMS") == "1"
    if wanted and reporter and lacking(reporter.stats.get("skipped", [])) and session.exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
