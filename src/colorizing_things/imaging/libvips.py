"""Settings of libvips for programs of our own. Importing the package leaves the host's libvips as it is."""

from __future__ import annotations

import gc
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pyvips

from colorizing_things.system import stopping


@contextmanager
def operations_not_cached() -> Iterator[None]:
    """Meanwhile libvips, in this whole process, forgets what it has done, and gives a picture's memory back at once.

    Without it up to a hundred operations are kept, about 100 MB, for repeats that a colorizer never makes.
    """
    logger = logging.getLogger("pyvips")
    level, cached = logger.level, pyvips.cache_get_max()
    pyvips.cache_set_max(0)
    logger.setLevel(logging.ERROR)  # what is worth saying becomes an error of ours
    try:
        yield
    finally:
        pyvips.cache_set_max(cached)
        logger.setLevel(level)


@contextmanager
def stoppable(image: pyvips.Image) -> Iterator[pyvips.Image]:
    """Meanwhile libvips' work on an image ends where this thread's work is stopped.

    Raises:
        Stopped: it was.
    """
    with stopping.current().telling(lambda: image.set_kill(True)):
        yield image


def install_log_handler() -> None:
    """Let pyvips pass on what libvips warns of, as before, without two ways in which a damaged file ends the process.

    A warning may quote a file that is no text, on which pyvips' own function fails. And Python may tidy up within it
    and close a picture, of which libvips warns again: GLib takes a warning within a warning for fatal.
    """
    if not getattr(pyvips, "API_mode", False):
        return
    levels, logger = pyvips.GLogLevelFlags.LEVEL_TO_LOGGER, logging.getLogger("pyvips")

    def log_safely(domain: Any, level: int, message: Any, _: Any) -> None:
        tidies = gc.isenabled()
        gc.disable()
        try:
            said = f"{_text(domain)}: {_text(message)}"
            logger.log(levels.get(level, logging.WARNING), "%s", said)
        finally:
            if tidies:
                gc.enable()

    pyvips.ffi.def_extern(name="_log_handler_callback")(log_safely)


def _text(text: Any) -> str:
    data = pyvips.ffi.string(text) if text != pyvips.ffi.NULL else b""
    return data.decode("utf-8", errors="replace") if isinstance(data, bytes) else str(data)
