"""A missing program is one line, and where CI asks for all of them, a failure."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import programs
import pytest

TESTS = Path(__file__).parent
SUITE = """
import pytest
from programs import need

@pytest.mark.parametrize("n", range(3))
def test_metadata(n):
    need("exiftool")

def test_another():
    assert True
"""


@pytest.fixture
def run(tmp_path: Path):
    (tmp_path / "test_suite.py").write_text(SUITE)
    (tmp_path / "conftest.py").write_text("from programs import *\n")

    def pytest_there(path: str, wanted: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "PATH": path, "PYTHONPATH": str(TESTS), "COLORIZE_NEED_PROGRAMS": wanted}
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)]
        return subprocess.run(command, env=environment, capture_output=True, text=True, cwd=tmp_path, check=False)

    return pytest_there


def test_one_line_a_program_and_a_failure_where_asked_for(run, tmp_path):
    done = run(str(tmp_path), "")
    said = "skipped for want of ExifTool (Debian: libimage-exiftool-perl): metadata as ExifTool reads it, 3 tests"
    assert done.returncode == 0 and done.stdout.count(said) == 1
    assert run(str(tmp_path), "1").returncode == 1


def test_nothing_is_said_where_the_program_is(run, tmp_path):
    tool = tmp_path / ("exiftool.exe" if sys.platform == "win32" else "exiftool")
    tool.write_text("")
    tool.chmod(0o755)
    done = run(str(tmp_path), "1")
    assert done.returncode == 0 and "for want of" not in done.stdout


def test_every_program_has_a_line():
    for program in programs.PROGRAMS:
        assert programs.line(program, 1).endswith(", 1 test")
