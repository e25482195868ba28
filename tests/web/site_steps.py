"""A host for the page without a server, and what its tests do on it."""

from __future__ import annotations

import functools
import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from page_settings import WAIT
from page_steps import download
from playwright.sync_api import Page


class Host(http.server.SimpleHTTPRequestHandler):
    """A plain static host; it keeps silent."""

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def hosted(folder: Path) -> Iterator[str]:
    """The folder's address."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Host, directory=folder)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def ready(page: Page) -> None:
    page.wait_for_function("() => document.documentElement.dataset.network === 'ready'", timeout=WAIT)


def download_as(page: Page, name: str, path: Path) -> Path:
    page.get_by_role("button", name="More ways to download").click()
    page.get_by_label("Format").select_option(name)
    page.keyboard.press("Escape")
    saved = download(page)
    saved.save_as(path)
    return path


def read(path: Path) -> np.ndarray:
    import pyvips

    return np.asarray(pyvips.Image.new_from_file(str(path), revalidate=True).numpy())
