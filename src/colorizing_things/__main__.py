"""Where ``colorize`` begins, and ``python -m colorizing_things``.

It loads nothing before that by which Ctrl-C and SIGTERM end the command in a line.
"""

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType


def _uncaught(kind: type[BaseException], error: BaseException, trace: "TracebackType | None") -> None:
    from .system.termination import exit_if_interrupted

    exit_if_interrupted(error)
    sys.__excepthook__(kind, error, trace)


def _unraisable(lost: "sys.UnraisableHookArgs") -> None:
    """Within what cannot raise, such as the end of an object, Python would print it and go on."""
    from .system.termination import exit_if_interrupted

    exit_if_interrupted(lost.exc_value)
    sys.__unraisablehook__(lost)


sys.excepthook, sys.unraisablehook = _uncaught, _unraisable


def main() -> None:
    """Run the command."""
    import threading

    from .system.termination import raise_on_sigterm

    if threading.current_thread() is threading.main_thread():
        raise_on_sigterm()
    from colorizing_things.cli import main as run

    run()


if __name__ == "__main__":
    main()
