"""The page asks for no more than somebody looks at, and shows what it has at once (benchmarks/page.py times it)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from page_settings import WAIT

pytest.importorskip("playwright.sync_api")

from page_steps import Sent, click_picture, colored, drop, photo, settled
from playwright.sync_api import Page, Route, expect


def test_variants_are_drawn_when_somebody_looks(page: Page, photos: dict[str, Path]) -> None:
    sent = Sent(page)
    drop(page, [photos["coffee"], photos["rocket"]])
    colored(page, [photos["coffee"], photos["rocket"]])
    page.keyboard.press("n")
    page.keyboard.press("p")
    settled(page)
    page.wait_for_timeout(500)
    assert not sent.all("/variants")

    page.get_by_role("button", name="Variants", exact=True).click()
    expect(page.get_by_role("radio", name="Variant 6")).to_be_enabled(timeout=WAIT)
    page.get_by_title("Variant 4").click()
    with page.expect_response("**/variants"):
        add_hint(page)
    last = sent.all("/predict")[-1]
    assert last["variant"]["index"] == 3 and len(last["hints"]) == 1  # its z stays; only the hint is new
    assert [len(body["hints"]) for body in sent.all("/variants")] == [0, 1]

    page.route("**/variants", lambda route: None)  # takes for ever
    page.get_by_role("button", name="Others").click()
    with page.expect_event("requestfailed", lambda request: request.url.endswith("/variants")):
        page.get_by_role("button", name="Variants", exact=True).click()  # nobody looks any more: it is called off


def add_hint(page: Page) -> None:
    """A likely colour, twice; the palette is asked for once, and the focus stays where the hand is."""
    palettes: list[str] = []
    page.on("request", lambda r: palettes.append(r.url) if "/palette" in r.url else None)
    click_picture(page, 0.3, 0.4)
    likely = page.get_by_role("group", name="Likely colours").get_by_role("button")
    likely.nth(1).click()
    expect(likely.nth(1)).to_be_focused()
    expect(likely.nth(1)).to_have_attribute("aria-pressed", "true")
    assert len(palettes) == 1
    page.keyboard.press("Escape")


def test_a_picture_shows_before_it_is_sent_and_its_sending_progresses(page: Page, photos: dict[str, Path]) -> None:
    line = page.context.new_cdp_session(page)
    slow = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 5_000}
    line.send("Network.enable")
    line.send("Network.emulateNetworkConditions", slow)
    drop(page, [photos["astronaut"]])
    sending = page.get_by_role("application").locator("..").get_by_role("progressbar", name="Sent")
    expect(sending).to_be_visible()
    expect(photo(page, "astronaut.jpg, being sent")).to_be_visible()
    shown = "canvas => { const strip = canvas.getContext('2d').getImageData(0, 0, canvas.width, 1).data;"
    shown += " return Math.max(...strip.filter((_, i) => i % 4 < 3)) }"
    page.wait_for_function(f"() => ({shown})(document.querySelector('nav canvas')) > 50")  # the file, in the row
    page.wait_for_function(
        "() => { const at = document.querySelector('.stage progress'); return at && at.value > 0.2 }"
    )
    line.send("Network.emulateNetworkConditions", {**slow, "uploadThroughput": -1})
    colored(page, [photos["astronaut"]])


def test_what_is_looked_at_comes_first(page: Page, photos: dict[str, Path]) -> None:
    sent: list[str] = []
    first: list[Route] = []

    def hold(route: Route) -> None:
        name = re.search(rb'filename="([^"]+)"', route.request.post_data_buffer or b"")
        sent.append(name[1].decode() if name else "")
        if len(sent) <= 2:
            first.append(route)
        else:
            route.continue_()

    page.route("**/v1/sessions", hold)
    paths = [photos[name] for name in ("coffee", "png", "rocket", "astronaut")]
    drop(page, paths)
    photo(page, "astronaut.jpg, waiting").click()
    expect(photo(page, "coffee.png, being sent")).to_be_visible()
    for route in first:
        route.continue_()
    colored(page, paths)
    assert sent == ["coffee.jpg", "coffee.png", "astronaut.jpg", "rocket.jpg"]
