"""The page without a server, in Chromium: what is fetched, and how long a drop, a hint and a download take.

    python benchmarks/browser.py [what ...]

``what``: size, drop, large, many; all of them where left out. Needs the ``test`` extra and a Chromium.
"""

from __future__ import annotations

import functools
import gzip
import http.server
import resource
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1] / "tests" / name) for name in ("", "web")]  # the tests' own browser
from page_settings import DESKTOP, launched
from playwright.sync_api import Browser, Page, expect, sync_playwright
from speed import make_photo

from colorizing_things.model.catalog import find_model
from colorizing_things.web.static_site import write_site

WAIT = 120_000
# When new colours are on the stage: milliseconds, of the second frame after they were given to the graphics card.
PAINTED = """() => {
  window.painted = [];
  const real = WebGL2RenderingContext.prototype.texImage2D;
  WebGL2RenderingContext.prototype.texImage2D = function (...given) {
    if (given[2] === WebGL2RenderingContext.RGBA32F && this.canvas.isConnected)
      requestAnimationFrame(() => requestAnimationFrame(() => window.painted.push(performance.now())));
    return real.apply(this, given);
  };
}"""
SINCE = "() => window.painted.splice(0).map(time => time - window.mark)"
CHOOSE = """(box, color) => {
  window.mark = performance.now();
  box.value = color;
  box.dispatchEvent(new Event('change', { bubbles: true }));
}"""


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def served(folder: Path) -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=folder))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()


def opened(browser: Browser, address: str) -> Page:
    """The page as at a second visit: the model kept, threads if the browser has them."""
    page = browser.new_context(viewport=DESKTOP).new_page()
    page.set_default_timeout(WAIT)
    page.goto(address)
    page.evaluate("() => navigator.serviceWorker.ready")
    ready(page)
    page.reload()
    ready(page)
    return page


def ready(page: Page) -> float:
    """Seconds until the network is there."""
    started = time.perf_counter()
    page.wait_for_function("() => document.documentElement.dataset.network === 'ready'", polling=20)
    return time.perf_counter() - started


def give(page: Page, *paths: Path) -> float:
    """Seconds from the drop until the stage shows the colours at full size."""
    started = time.perf_counter()
    page.locator("input[type=file][multiple]").set_input_files([str(path) for path in paths])
    page.wait_for_function("() => document.querySelector('[role=application]')?.ariaBusy === 'false'", polling=20)
    return time.perf_counter() - started


def still(page: Page) -> None:
    """Wait until the stage shows the newest colours."""
    page.wait_for_timeout(500)
    page.wait_for_function("() => document.querySelector('[role=application]').ariaBusy === 'false'", polling=20)
    page.wait_for_timeout(300)


def largest_renderer() -> int:
    """Bytes that the largest of this machine's renderers has in memory (Linux)."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if "--type=renderer" in (folder / "cmdline").read_text():
                found.append(int((folder / "statm").read_text().split()[1]) * resource.getpagesize())
        except OSError:  # it has ended
            continue
    return max(found)


def report(what: str, value: str, wanted: str = "") -> None:
    print(f"| {what} | {value} | {wanted} |", flush=True)


def size(files: list[Path], folder: Path) -> None:
    packed = {
        str(path.relative_to(folder)): len(gzip.compress(path.read_bytes(), 6))
        for path in files
        if "onnxruntime-graphics" not in path.name  # in place of the other where there is a graphics card
    }
    heavy = sum(n for name, n in packed.items() if name.endswith((".onnx", ".wasm.gz")))
    report("fetched before a drop is taken, gzipped", f"{(sum(packed.values()) - heavy) / 1e6:.2f} MB", "8 MB")
    report("fetched in all, gzipped", f"{sum(packed.values()) / 1e6:.1f} MB", "30 MB")


def drop(browser: Browser, address: str, photo: Path) -> None:
    page = opened(browser, address)
    report("threads", page.evaluate("() => crossOriginIsolated ? String(navigator.hardwareConcurrency) : '1'"))
    page.reload()
    report("the kept network started, second visit", f"{ready(page):.2f} s")
    report("1 MP JPEG: from the drop to its colours", f"{give(page, photo):.2f} s", "3 s")
    page.evaluate(PAINTED)
    page.get_by_role("application").click(position={"x": 500, "y": 300})
    page.get_by_role("group", name="Likely colours").get_by_role("button").first.click()
    still(page)
    firsts, lasts = [], []
    for n in range(7):
        page.evaluate("() => (window.painted.length = 0)")
        page.get_by_label("Any colour").evaluate(CHOOSE, f"#7a4a{20 + n}")
        still(page)
        times = page.evaluate(SINCE)
        firsts.append(times[0])
        lasts.append(times[-1])
    report("a changed hint, guessed", f"{statistics.median(firsts):.0f} ms, at most {max(firsts):.0f}", "150 ms")
    report("the network's colours of it", f"{statistics.median(lasts):.0f} ms, at most {max(lasts):.0f}")


def large(browser: Browser, address: str, photo: Path) -> None:
    page = opened(browser, address)
    report("12 MP JPEG: from the drop to its colours at full size", f"{give(page, photo):.2f} s", "6 s")
    page.wait_for_timeout(3000)
    started = time.perf_counter()
    with page.expect_download():
        page.get_by_role("button", name="Download", exact=True).click()
    report("12 MP JPEG: the download", f"{time.perf_counter() - started:.2f} s")


def many(browser: Browser, address: str, photos: list[Path]) -> None:
    page = opened(browser, address)
    started = time.perf_counter()
    page.locator("input[type=file][multiple]").set_input_files([str(path) for path in photos])
    expect(page.get_by_role("status").filter(has_text="are coloured")).to_be_visible(timeout=WAIT)
    report(f"{len(photos)} JPEGs of 1 MP at once", f"{time.perf_counter() - started:.1f} s")
    report("memory of the browser's largest process then", f"{largest_renderer() / 1e6:.0f} MB")


def main() -> None:
    asked = sys.argv[1:] or ["size", "drop", "large", "many"]
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        folder = Path(scratch)
        files = write_site(folder / "site", find_model("default"))
        make_photo(folder / "large.jpg", 4000, 3000)
        photos = [folder / f"{n}.jpg" for n in range(40)]
        for n, path in enumerate(photos):
            make_photo(path, 1200 + n, 833)
        print("| | measured | wanted |\n| --- | --- | --- |")
        browser = launched(playwright)
        with served(folder / "site") as address:
            if "size" in asked:
                size(files, folder / "site")
            if "drop" in asked:
                drop(browser, address, photos[0])
            if "large" in asked:
                large(browser, address, folder / "large.jpg")
            if "many" in asked:
                many(browser, address, photos)
        browser.close()


if __name__ == "__main__":
    main()
