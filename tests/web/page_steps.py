"""What a user does on the page, in words."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from page_settings import WAIT
from playwright.sync_api import Download, Page, expect

GIVE = """([how, files]) => {
  const transfer = new DataTransfer();
  for (const [name, base64] of files) {
    const bytes = Uint8Array.from(atob(base64), char => char.charCodeAt(0));
    transfer.items.add(new File([bytes], name, { type: 'image/jpeg' }));
  }
  const event = { bubbles: true, cancelable: true, dataTransfer: transfer, clipboardData: transfer };
  document.body.dispatchEvent(how === 'drop' ? new DragEvent(how, event) : new ClipboardEvent(how, event));
}"""


def drop(page: Page, paths: Sequence[Path], how: str = "drop") -> None:
    """Drop files on the page, or ``paste`` them."""
    files = [[path.name, base64.b64encode(path.read_bytes()).decode()] for path in paths]
    page.evaluate(GIVE, [how, files])


def photo(page: Page, name: str):  # type: ignore[no-untyped-def]
    """A photograph's button in the strip, by what it says: its name alone when it is coloured."""
    return page.get_by_role("navigation", name="Photographs").get_by_role("button", name=name, exact=True)


def colored(page: Page, paths: Sequence[Path]) -> None:
    """Wait until all are."""
    for path in paths:
        expect(photo(page, path.name)).to_be_visible(timeout=WAIT)
    settled(page)


def settled(page: Page) -> None:
    """Wait until the stage shows the newest colours at full size."""
    expect(page.get_by_role("application")).to_have_attribute("aria-busy", "false", timeout=WAIT)
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


def set_slider(page: Page, name: str, value: float) -> None:
    page.get_by_role("slider", name=name).fill(str(value))


def click_picture(page: Page, across: float, down: float) -> None:
    """Click the stage, by shares of its size."""
    box = page.get_by_role("application").bounding_box()
    assert box
    page.mouse.click(box["x"] + across * box["width"], box["y"] + down * box["height"])


def download(page: Page, button: str = "Download") -> Download:
    with page.expect_download(timeout=WAIT) as started:
        page.get_by_role("button", name=button, exact=True).click()
    return started.value


def abilities(page: Page) -> set[str]:
    """Which panels the page shows: a model that knows no hints has none for them."""
    return set(page.get_by_role("complementary").get_by_role("heading").all_inner_texts())


class Sent:
    """What the page sends from now on: the JSON of each request whose address ends so."""

    LISTEN = """() => {
      const real = window.fetch;
      window.sent = [];
      window.fetch = (request, options) => {
        if (request instanceof Request) request.clone().text().then(body => window.sent.push([request.url, body]));
        return real(request, options);
      };
    }"""

    def __init__(self, page: Page) -> None:
        self.page = page
        page.evaluate(self.LISTEN)

    def all(self, ending: str) -> list[dict[str, Any]]:
        return [json.loads(body) for url, body in self.page.evaluate("window.sent") if url.endswith(ending)]
