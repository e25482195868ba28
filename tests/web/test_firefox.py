"""The shortest story, in Firefox: a drop, its colours, a colour of one's own, a download; with a server and without."""

from __future__ import annotations

import base64
import functools
import http.server
import io
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from page_settings import gray_jpegs
from PIL import Image

pytest.importorskip("websockets")

from firefox import Firefox, firefox

from colorizing_things import Colorizer
from colorizing_things.model.catalog import find_model
from colorizing_things.web.static_site import SHELL, write_site

GIVE = """(() => {
  const bytes = Uint8Array.from(atob('%s'), char => char.charCodeAt(0));
  const dataTransfer = new DataTransfer();
  dataTransfer.items.add(new File([bytes], 'coffee.jpg', { type: 'image/jpeg' }));
  document.body.dispatchEvent(new DragEvent('drop', { bubbles: true, cancelable: true, dataTransfer }));
})()"""
SETTLED = "document.querySelector('[role=application]')?.ariaBusy === 'false'"
MIDDLE = """(() => {
  const { left, top, width, height } = document.querySelector('[role=application]').getBoundingClientRect();
  return JSON.stringify([left + width / 2, top + height / 2]);
})()"""
LIKELY = "document.querySelector('[aria-label=\"Likely colours\"] button')"
# What the page makes for the user: the browser's own window of downloads is none of its business.
TAKE = """new Promise(done => {
  const real = URL.createObjectURL;
  URL.createObjectURL = blob => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result);
    reader.readAsDataURL(blob);
    return real.call(URL, blob);
  };
  [...document.querySelectorAll('button')].find(button => button.textContent.trim() === 'Download').click();
})"""


class Host(http.server.SimpleHTTPRequestHandler):
    """A plain static host; it keeps silent."""

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firefox]:
    with firefox(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.fixture
def site(tmp_path: Path) -> Iterator[str]:
    if not (SHELL / "index.html").is_file():
        pytest.skip("the page was not built")
    write_site(tmp_path / "site", find_model("default"))
    handler = functools.partial(Host, directory=tmp_path / "site")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def download(page: Firefox) -> np.ndarray:
    written = page.evaluate(TAKE).partition("base64,")[2]
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(written))).convert("RGB"), dtype=float)


@pytest.mark.parametrize("where", ["server", "site"])
def test_a_drop_a_colour_and_a_download(
    page: Firefox, where: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    page.goto(request.getfixturevalue(where))
    photograph = gray_jpegs(tmp_path, ["coffee"])["coffee"]
    page.evaluate(GIVE % base64.b64encode(photograph.read_bytes()).decode())
    page.until(SETTLED)
    plain = download(page)
    assert (
        np.abs(plain - np.asarray(Colorizer(threads=1)(Image.open(photograph)))).mean() < 1.5
    )  # two encodings as JPEG
    page.click(*json.loads(page.evaluate(MIDDLE)))
    page.until(LIKELY)
    page.evaluate(f"{LIKELY}.parentElement.lastElementChild.click()")
    page.until("document.querySelector('.dot')")
    page.until(SETTLED)
    assert np.abs(download(page) - plain).mean() > 0.5, "the colour is not in the download"
    assert page.evaluate("document.querySelectorAll('[role=alert]').length") == 0
