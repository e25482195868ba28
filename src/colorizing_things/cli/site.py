"""``colorize site``: the page without a server, for any static host."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from colorizing_things.errors import PictureError
from colorizing_things.system.defaults import MODEL

MEGABYTE = 1_000_000


def site(out: Annotated[str, typer.Option("-o", "--out", help="Folder to write into.")]) -> None:
    """Write the page as a folder of files that needs no server: it colours in the visitor's own browser."""
    if not out:
        raise PictureError("an empty name: is no folder; -o takes one")
    from rich.console import Console

    from colorizing_things.model.catalog import find_model
    from colorizing_things.web.static_site import write_site

    files = write_site(Path(out), find_model(MODEL))
    size = sum(path.stat().st_size for path in files) / MEGABYTE
    told = f"{len(files)} files, {size:.0f} MB written in {out}; to look at it: python -m http.server -d {out}"
    Console(highlight=False).print(told, soft_wrap=True)
