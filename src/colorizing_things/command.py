"""Where the ``colorize`` script begins: loads nothing but what ends a Ctrl-C in a line, from the first moment on."""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Run the command."""
    try:
        from colorizing_things.cli import main as run

        run()
    except KeyboardInterrupt:
        os.write(2, b"colorize: stopped; run the same command again to go on\n")
        sys.stdout.flush()
        os._exit(130)
