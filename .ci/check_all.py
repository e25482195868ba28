"""What does not fit into CI's time; ``make check-all`` runs it behind the tests, before an issue is closed.

    python .ci/check_all.py              every step
    python .ci/check_all.py lowest-base  one of them

Each step stands on its own, in a folder of its own. The last line says how many passed.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PRODUCT_TESTS = ("tests/color", "tests/model", "tests/guidance", "tests/cli", "tests/test_colorizer.py")
TESTERS = ("pytest", "hypothesis", "scikit-image", "tifffile", "httpx")  # as new as these versions allow
# Name, source and charmap of each that is made for the step; Python's own way out (UTF-8 all the same) is shut in all.
LOCALES = (("C", "", ""), ("en_US.CP1252", "en_US", "CP1252"), ("tr_TR.UTF-8", "tr_TR", "UTF-8"),
           ("ja_JP.EUC-JP", "ja_JP", "EUC-JP"))  # fmt: skip


def run(*words: str | Path, **environment: str) -> None:
    """Run a command in the checkout; its failure is the step's."""
    subprocess.run([str(word) for word in words], cwd=ROOT, env={**os.environ, **environment}, check=True)


def lowest(requirements: list[str]) -> list[str]:
    """The requirements at the lowest versions that they allow: ``numpy>=1.26`` -> ``numpy==1.26``."""
    pinned = []
    for requirement in requirements:
        found = re.fullmatch(r"([\w.\-\[\]]+)>=([\w.]+)(,<[\w.]+)?", requirement)
        if found is None:
            raise SystemExit(f"{requirement}: state a lowest version, as name>=1.2")
        pinned.append(f"{found[1]}=={found[2]}")
    return pinned


def with_lowest(extras: tuple[str, ...], tests: tuple[str, ...], *testers: str) -> Callable[[], None]:
    """A step: the tests, and what else they need, with every direct dependency as old as pyproject.toml allows."""

    def step() -> None:
        project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
        direct = [r for extra in extras for r in project["optional-dependencies"][extra]]
        pins = dict.fromkeys(lowest([*project["dependencies"], *direct]))
        with tempfile.TemporaryDirectory() as folder:
            python = new_environment(Path(folder))
            constraints = Path(folder) / "lowest.txt"
            constraints.write_text("\n".join(re.sub(r"\[.*\]", "", pin) for pin in pins) + "\n")
            run(python, "-m", "pip", "install", "--quiet", "-c", constraints, *pins, *TESTERS, *testers)
            run(python, "-m", "pip", "install", "--quiet", "--no-deps", "-e", ".")
            run(python, "-m", "pytest", *tests)

    return step


def new_environment(folder: Path) -> Path:
    """A fresh virtual environment; its Python."""
    subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
    return folder / "venv" / ("Scripts" if os.name == "nt" else "bin") / "python"


def locales() -> None:
    """The product under locales that write numbers, letters and names otherwise (Debian: locales)."""
    with tempfile.TemporaryDirectory() as folder:
        for name, source, charmap in LOCALES:
            if source:
                subprocess.run(["localedef", "-i", source, "-f", charmap, Path(folder) / name], check=False)
            chosen = {"LOCPATH": folder, "LC_ALL": name, "LANG": name, "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
            said = "import locale; locale.setlocale(locale.LC_ALL, ''); print(locale.getpreferredencoding(False))"
            run(sys.executable, "-c", said, **chosen)  # fails where there is no such locale
            run(sys.executable, "-m", "pytest", "-q", *PRODUCT_TESTS, "tests/test_batch.py", "tests/imaging", **chosen)


def fuzz() -> None:
    """Mutated files of every kind: read or refused in a line, through Python and through the command."""
    run(sys.executable, "tests/fuzz/fuzz.py", "--count", "20000", "--jobs", str(os.cpu_count()))
    run(sys.executable, "tests/fuzz/fuzz.py", "--count", "300", "--command")


def soak() -> None:
    """Batches and a server on a disk that fails at random, killed and lied to (Linux with a C compiler)."""
    with tempfile.TemporaryDirectory() as folder:
        run(sys.executable, "benchmarks/soak.py", "--folder", Path(folder) / "soak", "--minutes", "30")


STEPS: dict[str, Callable[[], None]] = {
    "lowest-base": with_lowest((), PRODUCT_TESTS),
    "lowest-formats": with_lowest(("formats",), ("tests/imaging", "tests/test_cases.py")),
    "lowest-server": with_lowest(("server",), ("tests/server",)),
    "lowest-video": with_lowest(("video",), ("tests/film",)),
    # A store as S3 is, and a client of web servers' folders.
    "lowest-ray": with_lowest(("ray",), ("tests/archive",), "moto[s3]", "flask", "flask-cors", "aiohttp"),
    "lowest-train": with_lowest(("train",), ("tests/lab",)),
    "locales": locales,
    "fuzz": fuzz,
    "soak": soak,
}


def main(names: list[str]) -> None:
    """Run the named steps, or all; say of each how long it took."""
    started, failed = time.monotonic(), []
    for name in names or STEPS:
        begun = time.monotonic()
        try:
            STEPS[name]()
        except subprocess.CalledProcessError as error:
            failed.append(name)
            print(f"{name}: failed: {' '.join(map(str, error.cmd))[:200]}", flush=True)
        print(f"{name}: {(time.monotonic() - begun) / 60:.1f} minutes", flush=True)
    total = len(names or STEPS)
    minutes = (time.monotonic() - started) / 60
    said = f"check-all: {total - len(failed)} of {total} steps passed in {minutes:.1f} minutes"
    print(said + (f"; failed: {', '.join(failed)}" if failed else ""))
    raise SystemExit(bool(failed))


if __name__ == "__main__":
    main(sys.argv[1:])
