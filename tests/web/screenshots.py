"""Pictures of the page: ``python tests/web/screenshots.py http://127.0.0.1:8000`` takes those of docs/app.md again;
with a folder behind, every state on every size of screen goes there, to be looked at.

Only photographs of scikit-image's own are shown, all in the public domain.
"""

from __future__ import annotations

import io
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from page_settings import ROOT, SIZES, WAIT, gray_jpegs, launched
from page_steps import click_picture, colored, drop, photo, settled
from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

DOCS = ROOT / "docs" / "pictures"
NAMES = ("astronaut", "coffee", "chelsea", "rocket")
KEPT = {("desktop", "chooser"): "app-desktop.jpg", ("phone", "coloured"): "app-phone.jpg",
        ("desktop", "variants large"): "app-variants.jpg"}  # fmt: skip


def states(page: Page, paths: dict[str, Path]) -> Iterator[str]:
    """Goes through them, and says the name of each."""
    yield "empty"
    drop(page, list(paths.values()))
    colored(page, list(paths.values()))
    yield "coloured"
    page.keyboard.press("b")
    yield "before and after"
    page.keyboard.press("b")
    click_picture(page, 0.45, 0.75)
    dialog = page.get_by_role("dialog", name="Colour here")
    likely = dialog.get_by_role("group", name="Likely colours").get_by_role("button")
    likely.nth(2).click()
    settled(page)
    yield "chooser"
    dialog.get_by_text("By name").click()
    yield "colours by name"
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Next doubtful place").click()
    likely.first.wait_for()
    yield "doubtful place"
    page.keyboard.press("Escape")
    page.keyboard.press("0")
    page.get_by_role("button", name="Variants", exact=True).click()
    expect(page.get_by_role("radio", name="Variant 6")).to_be_enabled(timeout=WAIT)
    page.get_by_title("Variant 4").scroll_into_view_if_needed()
    yield "variants"
    page.keyboard.press("v")
    page.wait_for_timeout(1500)
    yield "variants large"
    page.keyboard.press("Escape")
    page.get_by_role("button", name="More ways to download").click()
    yield "downloads"
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Apply to other pictures…").click()
    yield "apply to others"
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Keys").click()
    yield "keys"
    page.keyboard.press("Escape")
    photo(page, "rocket.jpg").click()
    page.keyboard.press("Delete")
    page.route("**/v1/**", lambda route: route.abort())
    page.route("**/healthz", lambda route: route.abort())
    click_picture(page, 0.5, 0.6)
    expect(dialog).to_contain_text("does not answer")
    yield "server away"
    page.keyboard.press("Escape")
    page.unroute_all()
    letter = next(iter(paths.values())).with_name("letter.jpg")
    letter.write_bytes(b"Dear grandmother")
    drop(page, [letter])
    page.get_by_role("button", name="Remove it").wait_for()
    yield "no photograph"


def take(browser: Browser, address: str, size: str, paths: dict[str, Path], folder: Path | None) -> None:
    touch, scheme = size != "desktop", "dark" if size in ("desktop", "phone on its side") else "light"
    context = browser.new_context(
        viewport=SIZES[size], has_touch=touch, is_mobile=touch, device_scale_factor=1 + touch, color_scheme=scheme
    )
    page = context.new_page()
    page.set_default_timeout(WAIT)
    page.goto(address)
    for state in states(page, paths):
        page.mouse.move(5, 5)
        page.wait_for_timeout(300)
        shot = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
        if folder:
            shot.save(folder / f"{size}, {state}.png")
        elif (size, state) in KEPT:
            shot.save(DOCS / KEPT[size, state], quality=86, optimize=True)
    context.close()


def main(address: str, folder: Path | None) -> None:
    paths = gray_jpegs(Path(tempfile.mkdtemp()), NAMES)
    with sync_playwright() as playwright:
        browser = launched(playwright)
        for size in SIZES if folder else {size for size, _ in KEPT}:
            take(browser, address, size, paths, folder)
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]) if len(sys.argv) > 2 else None)
