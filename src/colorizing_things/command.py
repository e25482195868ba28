"""Where the ``colorize`` script begins: loads nothing but what ends a Ctrl-C or SIGTERM in a line, from the start."""

from __future__ import annotations

import os
import sys
import threading

from .termination import Terminated, heed_termination


def main() -> None:
    """Run the command."""
    try:
        if threading.current_thread() is threading.main_thread():
            heed_termination()
        from colorizing_things.cli import main as run

        run()
    except KeyboardInterrupt:
        _leave("stopped; run the same command again to go on", 130)
    except Terminated:
        _leave("ended from outside; run the same command again to go on", 143)


def _leave(message: str, code: int) -> None:
    os.write(2, f"colorize: {message}\n".encode())
    sys.stdout.flush()
    os._exit(code)
