"""Real servers on real sockets: no part of ours is replaced."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import pytest
from PIL import Image
from waiting import PATIENCE, until

try:
    import httpx
    import uvicorn

    from colorizing_things.server.app import create_app
    from colorizing_things.server.settings import Settings
except ModuleNotFoundError:  # without the server extra there is nothing to test here
    collect_ignore_glob = ["test_*.py"]


@contextmanager
def running(settings: Settings) -> Iterator[httpx.Client]:
    """A client of a server with these settings."""
    app = create_app(settings)
    server = uvicorn.Server(uvicorn.Config(app, "127.0.0.1", 0, log_level="critical"))
    thread = threading.Thread(target=server.run)
    thread.start()
    until(lambda: server.started)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE) as client:
            client.app = app
            yield client
    finally:
        server.should_exit = True
        thread.join(PATIENCE)


@pytest.fixture(scope="package")
def client() -> Iterator[httpx.Client]:
    with running(Settings(max_upload=4 * 2**20, max_pixels=4_000_000, session_bytes=2**26)) as found:
        yield found


@pytest.fixture
def serving() -> Callable:
    return running


@pytest.fixture
def jpg(gray_photo) -> bytes:
    return encoded(gray_photo, "JPEG", quality=92)


def encoded(pixels: np.ndarray, format: str, **options) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, format, **options)
    return file.getvalue()


def error_line(answer: httpx.Response, status: int) -> str:
    """Check that it is a refusal as all are, and return its line."""
    assert answer.status_code == status, answer.text
    assert set(answer.json()) == {"detail"}
    detail = answer.json()["detail"]
    assert isinstance(detail, str) and detail and "\n" not in detail and "Traceback" not in detail
    return detail
