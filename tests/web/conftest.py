"""The page in a real browser, before a real server with the bundled model."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from page_settings import DESKTOP, ROOT, WAIT, gray_jpegs, launched
from PIL import Image
from programs import need

try:
    from playwright import sync_api
except ImportError:  # each test says so itself
    sync_api = None  # type: ignore[assignment]

MODEL = os.environ.get("COLORIZE_TEST_MODEL")  # another than the bundled one, to try it out


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """Address of ``colorize serve``."""
    for needed in ("fastapi", "uvicorn", "prometheus_client"):
        pytest.importorskip(needed)
    if not (ROOT / "src/colorizing_things/web/dist/index.html").is_file():
        pytest.skip("the page was not built")
    command = [sys.executable, "-c", "from colorizing_things.cli import main; main()", "serve", "--port", "0"]
    command += ["--model", MODEL] if MODEL else []
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            line = process.stderr.readline()
            assert line.startswith("http://"), line + process.stderr.read()
            yield line.split()[0]
        finally:
            process.terminate()


@pytest.fixture(scope="session")
def browser(playwright: sync_api.Playwright) -> Iterator[sync_api.Browser]:
    need("chromium")
    started = launched(playwright)
    yield started
    started.close()


@pytest.fixture
def context(browser: sync_api.Browser) -> Iterator[sync_api.BrowserContext]:
    made = browser.new_context(viewport=DESKTOP)
    made.set_default_timeout(WAIT)
    yield made
    made.close()


@pytest.fixture
def page(context: sync_api.BrowserContext, server: str) -> Iterator[sync_api.Page]:
    """The page, empty; what the browser complains of fails the test, and so does a request to another host."""
    opened = context.new_page()
    complaints: list[str] = []
    # A refused request is the test's own business; anything else in the console is not.
    opened.on(
        "console", lambda m: complaints.append(m.text) if m.type == "error" and "status of" not in m.text else None
    )
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("request", lambda r: None if r.url.startswith((server, "blob:", "data:")) else complaints.append(r.url))
    opened.goto(server)
    opened.get_by_role("heading", name="Drop black-and-white photographs here").wait_for()
    yield opened
    assert not complaints


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("photographs")
    paths = gray_jpegs(folder, ("coffee", "astronaut", "rocket"))
    paths["png"] = folder / "coffee.png"
    Image.open(paths["coffee"]).save(paths["png"])
    return paths
