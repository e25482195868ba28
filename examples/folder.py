"""A folder of photographs, by one network and several threads: ``python folder.py scans/ coloured/``."""

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from colorizing_things import Colorizer, ColorizingError, OutputOptions

source, target = Path(sys.argv[1]), Path(sys.argv[2])
target.mkdir(parents=True, exist_ok=True)
colorizer = Colorizer(threads=1)  # a core for each picture rather than several for one


def colorize(path: Path) -> str:
    """Colour one file; what is wrong with it is one line."""
    try:
        return str(colorizer.colorize_file(path, target / path.name, output=OutputOptions(overwrite=True)))
    except ColorizingError as error:
        return f"left out: {error}"


with ThreadPoolExecutor() as pool:
    for said in pool.map(colorize, sorted(path for path in source.iterdir() if path.is_file())):
        print(said)
