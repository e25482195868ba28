"""``colorize doctor``: what this machine has, and one timed run."""

from __future__ import annotations

import os
import platform
import time
from importlib.metadata import PackageNotFoundError, version

from colorizing_things import __version__
from colorizing_things.system.processes import cores

LAB_PACKAGES = ("torch", "lightning-fabric", "kornia")


def doctor() -> None:
    """Print versions, devices, cores and one timed run."""
    import numpy as np
    import pyvips
    from rich.console import Console

    from colorizing_things.colorizer import Colorizer
    from colorizing_things.model.runtime import about

    console = Console(highlight=False)
    rows = {
        "colorizing-things": __version__,
        "Python": f"{platform.python_version()} on {platform.system()} {platform.machine()}",
        "libvips": f"{pyvips.version(0)}.{pyvips.version(1)}.{pyvips.version(2)} (pyvips {pyvips.__version__})",
        **about(),
        "cores": f"{cores()} of {os.cpu_count()}",
        "lab": ", ".join(_lab()) or "not installed (only needed to train)",
    }
    started = time.perf_counter()
    colorizer = Colorizer()
    loaded = time.perf_counter() - started
    picture = (np.indices((1000, 1000)).sum(0) % 256).astype(np.uint8)
    colorizer(picture)
    started = time.perf_counter()
    colorizer(picture)
    rows["default model"] = f"loaded in {loaded:.2f} s; 1 megapixel coloured in {time.perf_counter() - started:.2f} s"
    for what, found in rows.items():
        console.print(f"[bold]{what:<18}[/]{found}", soft_wrap=True)


def _lab() -> list[str]:
    found = []
    for name in LAB_PACKAGES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return found
