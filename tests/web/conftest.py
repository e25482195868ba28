"""The page in a real browser, before a real server with the bundled model."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from measures import lightness
from PIL import Image
from skimage import data

from colorizing_things.color.spaces import lightness_to_srgb

sync_api = pytest.importorskip("playwright.sync_api")
for needed in ("fastapi", "uvicorn", "fastapi_offline", "prometheus_client"):
    pytest.importorskip(needed)

from page_steps import DESKTOP, ROOT, WAIT  # noqa: E402 - needs playwright

MODEL = os.environ.get("COLORIZE_TEST_MODEL")  # another than the bundled one, to try it out
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# No graphics card is asked for, and colours are those of the page: sRGB.
FLAGS = ["--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--force-color-profile=srgb"]


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """Address of ``colorize serve``."""
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
def browser() -> Iterator[sync_api.Browser]:
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        pytest.skip("no Chromium on this machine")
    as_root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=[*FLAGS, *as_root])
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
    """Grey photographs of scikit-image's own, in the public domain."""
    folder = tmp_path_factory.mktemp("photographs")
    paths = {}
    for name in ("coffee", "astronaut", "rocket"):
        grey = (lightness_to_srgb(lightness(getattr(data, name)())) * 255).round().astype("uint8")
        paths[name] = folder / f"{name}.jpg"
        Image.fromarray(grey).save(paths[name], quality=92, dpi=(300, 300))
    paths["png"] = folder / "coffee.png"
    Image.open(paths["coffee"]).save(paths["png"])
    return paths
