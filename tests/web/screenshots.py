"""Takes the pictures of docs/app.md again: ``python tests/web/screenshots.py http://127.0.0.1:8000``.

Only photographs of scikit-image's own are shown, all in the public domain.
"""

from __future__ import annotations

import io
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from page_settings import DESKTOP, PHONE, ROOT, grey_jpegs, launched
from page_steps import click_picture, coloured, drop, settled
from PIL import Image
from playwright.sync_api import Page, expect, sync_playwright

DOCS = ROOT / "docs" / "pictures"


def keep(page: Page, name: str) -> None:
    page.mouse.move(5, 5)
    expect(page.get_by_role("radio", name="Variant 6")).to_be_enabled()
    settled(page)
    Image.open(io.BytesIO(page.screenshot())).convert("RGB").save(DOCS / name, quality=88, optimize=True)


def main(address: str) -> None:
    paths = grey_jpegs(Path(tempfile.mkdtemp()), ("coffee", "chelsea", "rocket", "astronaut"))
    with sync_playwright() as playwright:
        browser = launched(playwright)
        page = browser.new_page(viewport=DESKTOP, color_scheme="dark")
        page.goto(address)
        drop(page, list(paths.values()))
        coloured(page, list(paths.values()))
        page.get_by_role("slider", name="Before and after").fill("0.35")
        click_picture(page, 0.71, 0.55)
        page.get_by_role("group", name="Likely colours").get_by_role("button").nth(5).click()
        page.wait_for_timeout(3000)  # the thumbnails follow
        keep(page, "app-desktop.jpg")
        phone = browser.new_context(
            viewport=PHONE, has_touch=True, is_mobile=True, device_scale_factor=2, color_scheme="light"
        )
        page = phone.new_page()
        page.goto(address)
        drop(page, [paths["chelsea"], *(path for name, path in paths.items() if name != "chelsea")])
        coloured(page, list(paths.values()))
        keep(page, "app-phone.jpg")
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1])
