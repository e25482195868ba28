"""Settings of libvips for programs of our own. Importing the package leaves the host's libvips as it is."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import pyvips


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
