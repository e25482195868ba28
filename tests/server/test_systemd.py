"""The unit of docs/server.md as systemd reads it; nothing is started."""

from __future__ import annotations

import re
import subprocess
import sys
import textwrap
from pathlib import Path

from programs import need

DOCS = Path(__file__).parents[2] / "docs" / "server.md"
PROGRAM = "/opt/colorize/bin/colorize"


def test_systemd_takes_the_unit_as_it_stands(tmp_path):
    analyze = need("systemd-analyze")
    unit = textwrap.dedent(re.search(r"```ini\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.S)[1])
    assert PROGRAM in unit  # which must be there to be verified
    path = tmp_path / "colorize.service"
    path.write_text(unit.replace(PROGRAM, sys.executable))
    done = subprocess.run([analyze, "verify", "--man=no", path], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
