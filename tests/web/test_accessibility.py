"""axe finds no serious fault: empty and at work, dark and light, desktop and phone."""

from __future__ import annotations

from pathlib import Path

import pytest
from page_settings import DESKTOP, PHONE, ROOT

pytest.importorskip("playwright.sync_api")

from page_steps import click_picture, colored, drop
from playwright.sync_api import Page, expect

AXE = ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js"
pytestmark = pytest.mark.skipif(not AXE.is_file(), reason="npm ci was not run in web/")


def faults(page: Page) -> list[str]:
    page.evaluate(AXE.read_text("utf-8") + "; 0")  # by the debugger, which the content policy lets through
    found = page.evaluate("() => axe.run()")["violations"]
    return [
        f"{fault['impact']}: {fault['help']}: {node['html'][:160]}"
        for fault in found
        if fault["impact"] in ("serious", "critical")
        for node in fault["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["dark", "light"])
@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_no_serious_fault(page: Page, photos: dict[str, Path], scheme: str, size: dict) -> None:
    page.set_viewport_size(size)
    page.emulate_media(color_scheme=scheme)
    assert not faults(page)
    paths = [photos["coffee"], photos["rocket"]]
    drop(page, paths)
    colored(page, paths)
    page.get_by_role("navigation").get_by_role("button", name="coffee.jpg", exact=True).click()
    set_undo = page.get_by_role("slider", name="Saturation")
    set_undo.fill("1.4")
    if page.get_by_role("heading", name="Your colours").is_visible():
        click_picture(page, 0.6, 0.5)
        expect(page.get_by_role("dialog", name="Colour here")).to_be_visible()
        page.get_by_role("dialog").get_by_text("By name").click()
        assert not faults(page)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="More ways to download").click()
    assert not faults(page)
    page.keyboard.press("Escape")
    for opens in ("?", "v"):
        page.keyboard.press(opens)
        page.get_by_role("dialog").wait_for()
        assert not faults(page)
        page.keyboard.press("Escape")
    page.get_by_role("button", name="Apply to other pictures…").click()
    assert not faults(page)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Remove all photographs").click()
    assert not faults(page)  # the empty page, and the offer to bring them back


def test_every_control_is_reached_by_tab(page: Page, photos: dict[str, Path]) -> None:
    drop(page, [photos["coffee"]])
    colored(page, [photos["coffee"]])
    reached = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.add(
            page.evaluate(
                "(e => e.getAttribute('aria-label') ?? e.labels?.[0]?.innerText ?? e.innerText)(document.activeElement)"
            )
        )
    wanted = {"Add photographs", "Download", "Before and after slider", "Zoom in", "Saturation", "Warmth", "Strength"}
    assert wanted <= reached
