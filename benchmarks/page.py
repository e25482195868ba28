"""How quick the page is at every touch, beside a bare call of the library.

    python benchmarks/page.py [--pictures 50] [--size 1732x1155]

Starts ``colorize serve`` and an installed Chromium on the same cores, opens so many 2-megapixel photographs, and times
what a hand waits for, in the page itself: from the event to the frame after the change. The median of several tries.
"""

from __future__ import annotations

import argparse
import base64
import os
import platform
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, sync_playwright
from speed import make_photo

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "web")]

from page_settings import DESKTOP, launched  # noqa: E402

TRIES = 7

# Waits in the page, by its frames, and says when: milliseconds since the last mark.
UNTIL = """async condition => {
  const met = new Function('return ' + condition);
  while (!met()) await new Promise(requestAnimationFrame);
  await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
  return performance.now() - window.mark;
}"""
MARK_NEXT = "name => addEventListener(name, () => (window.mark = performance.now()), { once: true, capture: true })"
DROP = """([name, base64, type]) => {
  const bytes = Uint8Array.from(atob(base64), char => char.charCodeAt(0));
  const transfer = new DataTransfer();
  transfer.items.add(new File([bytes], name, { type }));
  window.mark = performance.now();
  document.body.dispatchEvent(new DragEvent('drop', { bubbles: true, cancelable: true, dataTransfer: transfer }));
}"""
READY = "document.querySelectorAll('nav li.ready').length >= {}"
SPREAD = "!document.querySelector('.stage .working') && document.querySelectorAll('.dot').length >= {}"


@contextmanager
def server() -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Its address, and its process."""
    command = [sys.executable, "-c", "from colorizing_things.cli import main; main()", "serve", "--port", "0"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    try:
        yield process.stderr.readline().split()[0], process
    finally:
        process.send_signal(signal.SIGCONT)
        process.terminate()
        process.communicate()


def bare(source: Path) -> dict[str, float]:
    """Seconds of the same questions, asked of the library."""
    from colorizing_things import Colorizer, Hint, Picture

    colorizer = Colorizer()
    session = colorizer.session(Picture.read(source))
    session.predict()
    hint = Hint.of_color(500, 500, "#7a4a2b")

    def first() -> None:
        colorizer.session(Picture.decode(source.read_bytes())).predict()

    asked: dict[str, Callable[[], object]] = {
        "first": first,
        "palette": lambda: session.palette(900, 900),
        "hint": lambda: session.predict([hint]),
        "variants": lambda: session.variants(6, 1),
    }
    return {name: statistics.median(timed(ask) for _ in range(TRIES)) for name, ask in asked.items()}


def timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def drop(page: Page, source: Path, name: str) -> None:
    page.evaluate(DROP, [name, base64.b64encode(source.read_bytes()).decode(), "image/jpeg"])


def click(page: Page, across: float, down: float) -> None:
    box = page.get_by_role("application").bounding_box()
    assert box
    page.mouse.click(box["x"] + across * box["width"], box["y"] + down * box["height"])


def measure(page: Page, source: Path, pictures: int) -> dict[str, float]:
    """Seconds, and updates a second."""
    drop(page, source, "first.jpg")
    page.evaluate(UNTIL, READY.format(1))
    for number in range(2, pictures + 1):
        drop(page, source, f"picture {number}.jpg")
        page.evaluate(UNTIL, READY.format(number))
    found: dict[str, list[float]] = {name: [] for name in ("first", "palette", "hint", "variants")}
    for number in range(TRIES):
        drop(page, source, f"one more {number}.jpg")
        found["first"].append(page.evaluate(UNTIL, READY.format(pictures + number + 1)))
        page.wait_for_timeout(1000)  # the wipe, and the full size
    for number in range(TRIES):
        page.evaluate(MARK_NEXT, "click")
        click(page, 0.15 + 0.1 * number, 0.35 + 0.05 * number)
        likely = "document.querySelector('[aria-label=\"Likely colours\"] button')"
        found["palette"].append(page.evaluate(UNTIL, likely))
        page.evaluate(MARK_NEXT, "click")
        page.get_by_role("group", name="Likely colours").get_by_role("button").last.click()
        found["hint"].append(page.evaluate(UNTIL, SPREAD.format(number + 1)))
        page.keyboard.press("Escape")
    updates = dragging(page)
    page.get_by_role("button", name="Variants", exact=True).click()
    all_six = "document.querySelectorAll('[role=radiogroup] input:enabled').length == 6"
    page.evaluate(UNTIL, all_six)
    for _ in range(TRIES):
        page.evaluate(MARK_NEXT, "click")
        page.get_by_role("button", name="Others").click()
        found["variants"].append(page.evaluate(UNTIL, all_six))
    return {name: statistics.median(times) / 1000 for name, times in found.items()} | {"dragging": updates}


def dragging(page: Page, seconds: float = 3) -> float:
    """Updates of the picture a second, while a dot is dragged."""
    answers: list[float] = []
    page.on("response", lambda r: answers.append(time.perf_counter()) if r.url.endswith("/predict") else None)
    box = page.get_by_role("button", name="Colour 1, ").first.bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    started, step = time.perf_counter(), 0
    while time.perf_counter() - started < seconds:
        step += 1
        page.mouse.move(x + 3 * (step % 60), y + 2 * (step % 40))
        page.wait_for_timeout(16)
    count, spent = len(answers), time.perf_counter() - started
    page.mouse.up()
    page.wait_for_timeout(500)
    return count / spent


def silence(page: Page, process: subprocess.Popen[str]) -> float:
    """Seconds until the page says that a server takes requests and never answers."""
    process.send_signal(signal.SIGSTOP)
    page.evaluate(MARK_NEXT, "click")
    click(page, 0.5, 0.5)
    return page.evaluate(UNTIL, "document.querySelector('header [role=alert]')") / 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=50, help="open beforehand")
    parser.add_argument("--size", default="1732x1155", help="of each, in pixels")
    options = parser.parse_args()
    width, height = map(int, options.size.split("x"))
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, {options.pictures} open\n"
    )
    with tempfile.TemporaryDirectory() as name:
        source = Path(name) / "photo.jpg"
        make_photo(source, width, height)
        alone = bare(source)
        with server() as (address, process), sync_playwright() as playwright:
            page = launched(playwright).new_page(viewport=DESKTOP)
            page.set_default_timeout(300_000)
            page.goto(address)
            shown = measure(page, source, options.pictures)
            silent = silence(page, process)
    rows = {
        "first colour after a drop": ("first", 0.5),
        "likely colours of a place": ("palette", 0.15),
        "a hint seen after the click": ("hint", 0.25),
        "six variants": ("variants", 1.5),
    }
    print("| | page | bare call | wanted |\n| --- | --- | --- | --- |")
    for what, (key, wanted) in rows.items():
        print(f"| {what} | {shown[key]:.3f} s | {alone[key]:.3f} s | {wanted:g} s |")
    print(f"| dragging a dot | {shown['dragging']:.1f} updates/s | {1 / alone['hint']:.1f} | 5 |")
    print(f"| a server that does not answer: said after | {silent:.1f} s | | 3 s |")


if __name__ == "__main__":
    main()
