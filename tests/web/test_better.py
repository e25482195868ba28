"""What makes the page good to use: looking, choosing, many pictures, sharing, any screen, any hand."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from page_settings import SIZES, WAIT

pytest.importorskip("playwright.sync_api")

from page_steps import Sent, click_picture, colored, download, drop, photo, set_slider, settled
from PIL import Image
from playwright.sync_api import Browser, Page, expect
from waiting import until


def opened(page: Page, *paths: Path) -> None:
    drop(page, paths)
    colored(page, paths)


def middle(page: Page) -> tuple[float, float]:
    box = page.get_by_role("application").bounding_box()
    assert box
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_the_sample_looking_and_the_sheet_of_keys(page: Page) -> None:
    page.get_by_role("button", name="Or try this one").click()
    expect(photo(page, "sample.jpg")).to_be_visible(timeout=WAIT)
    settled(page)
    expect(page.get_by_role("slider", name="Before and after")).to_be_hidden()  # all of it is in colour
    page.mouse.move(*middle(page))
    page.mouse.down()  # and held
    expect(page.get_by_text("Original", exact=True)).to_be_visible()
    page.mouse.up()
    expect(page.get_by_text("Original", exact=True)).to_be_hidden()
    expect(page.get_by_role("dialog")).to_be_hidden()  # it was a look, not a click
    page.keyboard.press("f")
    page.wait_for_function("() => document.fullscreenElement")
    page.keyboard.press("f")
    page.wait_for_function("() => !document.fullscreenElement")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_contain_text("undo, redo")
    page.keyboard.press("b")  # a dialog's keys are its own
    page.keyboard.press("Escape")
    expect(page.get_by_role("slider", name="Before and after")).to_be_hidden()


def test_the_brush_the_eraser_and_colours_by_name(page: Page, photos: dict[str, Path]) -> None:
    opened(page, photos["coffee"])
    page.keyboard.press("d")
    x, y = middle(page)
    page.mouse.move(x - 150, y)
    page.mouse.down()
    page.mouse.move(x + 150, y + 40, steps=12)
    page.mouse.up()
    chooser = page.get_by_role("dialog", name="Colour here")
    chooser.get_by_text("By name").click()
    sent = Sent(page)
    with page.expect_response("**/predict"):
        chooser.get_by_role("button", name="Olive drab").click()
    hints = sent.all("/predict")[-1]["hints"]
    assert {hint["reach"] for hint in hints} == {"spot"}  # painted: that place, and no more
    with page.expect_response("**/predict"):
        chooser.get_by_text("All alike").click()
    assert {hint["reach"] for hint in sent.all("/predict")[-1]["hints"]} == {"alike"}
    assert len(hints) > 6 and {hint["color"] for hint in hints} == {"#6b6a3a"}
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name=re.compile("^Colour 1, "))).to_be_visible()
    expect(page.get_by_role("complementary").get_by_text("Olive drab, a stroke")).to_be_visible()

    page.keyboard.press("e")
    page.mouse.move(x - 160, y)
    page.mouse.down()
    page.mouse.move(x, y + 20, steps=12)
    page.mouse.up()
    expect(page.get_by_role("status")).to_have_text("Erased")
    settled(page)
    page.keyboard.press("e")
    click_picture(page, 0.2, 0.2)
    expect(chooser.get_by_role("group", name="Recent colours").get_by_role("button")).to_have_count(1)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Undo").click()
    settled(page)
    page.get_by_role("button", name="Redo").click()
    settled(page)
    assert 1 < len(sent.all("/predict")[-1]["hints"]) < len(hints) - 3


def test_many_pictures(page: Page, photos: dict[str, Path]) -> None:
    paths = [photos[name] for name in ("coffee", "rocket", "astronaut")]
    opened(page, *paths)
    set_slider(page, "Warmth", 0.5)
    page.get_by_role("button", name="Apply to other pictures…").click()
    dialog = page.get_by_role("dialog", name="Apply to other pictures")
    dialog.get_by_label("All 2").check()
    dialog.get_by_label("rocket.jpg").uncheck()
    dialog.get_by_role("button", name="Apply to 1").click()
    warmth = page.get_by_role("slider", name="Warmth")
    photo(page, "coffee.jpg").focus()
    for _, expected in (("rocket.jpg", "0"), ("astronaut.jpg", "0.5")):
        page.keyboard.press("ArrowRight")
        expect(warmth).to_have_value(expected)
    expect(photo(page, "astronaut.jpg")).to_be_focused()
    page.keyboard.press("Delete")
    expect(photo(page, "rocket.jpg")).to_be_focused()
    page.keyboard.press("p")
    expect(photo(page, "coffee.jpg")).to_have_attribute("aria-current", "true")
    row = page.get_by_role("navigation", name="Photographs")
    expect(row.locator("button.open[tabindex='0']")).to_have_count(1)
    line = row.get_by_role("list")
    line.evaluate("list => (list.style.maxWidth = '120px')")  # now the row is too long
    line.hover()
    for turn, far in ((600, "list.scrollLeft > 10"), (-600, "list.scrollLeft === 0")):
        page.mouse.wheel(0, turn)
        until(lambda far=far: line.evaluate(f"list => {far}"))


def test_variants_large_and_pictures_to_share(page: Page, photos: dict[str, Path], tmp_path: Path) -> None:
    opened(page, photos["coffee"])
    page.keyboard.press("v")
    table = page.get_by_role("dialog", name="Variants, large")
    table.get_by_role("button", name="2 side by side").click()
    second = table.get_by_role("button", name="Variant 2", exact=True)
    expect(second).to_be_enabled(timeout=WAIT)
    size = second.bounding_box()
    assert size and size["width"] > 550
    second.click()
    expect(page.get_by_role("radio", name="Variant 2")).to_be_checked()
    settled(page)
    stage, aside = page.get_by_role("application"), page.get_by_role("complementary")
    shown = stage.screenshot()
    aside.get_by_title("Variant 5").hover()  # is tried on
    until(lambda: stage.screenshot() != shown)
    aside.get_by_role("heading", name="Look").hover()
    until(lambda: stage.screenshot() == shown)
    expect(page.get_by_role("radio", name="Variant 2")).to_be_checked()

    more = page.get_by_role("button", name="More ways to download")
    more.click()
    download(page, "Before and after, side by side").save_as(tmp_path / "both.jpg")
    assert Image.open(tmp_path / "both.jpg").size == (600, 2 * 400 + 6)
    more.click()
    download(page, "Before and after, moving (GIF)").save_as(tmp_path / "moving.gif")
    moving = Image.open(tmp_path / "moving.gif")
    assert moving.n_frames > 10 and moving.size == (560, 373)
    more.click()
    page.get_by_label("Quality").select_option("Small file")
    sent = Sent(page)
    download(page, "This picture").save_as(tmp_path / "small.jpg")
    assert sent.all("/render")[-1]["quality"] == 70


@pytest.mark.parametrize("name", SIZES)
def test_every_screen_and_a_finger_on_it(browser: Browser, server: str, photos: dict[str, Path], name: str) -> None:
    size = SIZES[name]
    touch = name != "desktop"
    context = browser.new_context(viewport=size, has_touch=touch, is_mobile=touch)
    page = context.new_page()
    page.set_default_timeout(WAIT)
    page.goto(server)
    opened(page, photos["coffee"], photos["rocket"])
    assert page.evaluate("[document.documentElement.scrollWidth, innerWidth]") == [size["width"]] * 2
    stage, side = page.get_by_role("application").bounding_box(), page.get_by_role("complementary").bounding_box()
    assert stage and side
    beside = side["x"] >= stage["x"] + stage["width"] - 1
    assert beside == (size["width"] > size["height"])
    assert stage["width"] * stage["height"] > 0.33 * size["width"] * size["height"]
    if touch:
        small = [
            (button.get_attribute("aria-label") or button.inner_text(), button.bounding_box())
            for button in page.get_by_role("button").or_(page.get_by_role("slider")).all()
            if button.is_visible()
        ]
        assert [entry for entry in small if min(entry[1]["width"], entry[1]["height"]) < 43.9] == []
    context.close()


@pytest.mark.parametrize("size", SIZES)
def test_nothing_is_cut_off_beside_the_photograph(
    browser: Browser, server: str, photos: dict[str, Path], size: str
) -> None:
    touch = size != "desktop"
    page = browser.new_page(viewport=SIZES[size], has_touch=touch, is_mobile=touch)
    page.set_default_timeout(WAIT)
    page.goto(server)
    drop(page, [photos["coffee"]])
    colored(page, [photos["coffee"]])
    page.get_by_role("button", name="Variants", exact=True).click()
    wider = "element => element.scrollWidth - element.clientWidth"
    assert page.get_by_role("complementary").evaluate(wider) == 0
    click_picture(page, 0.45, 0.5)
    page.get_by_role("textbox", name="Colour as hex").fill("#d8543f")
    page.keyboard.press("Tab")
    chooser = page.get_by_role("dialog", name="Colour here")
    assert chooser.evaluate(wider) == 0
    assert page.get_by_role("textbox", name="Colour as hex").evaluate(wider) == 0, "seven signs are seen"
    page.close()


def test_what_is_said_is_of_the_open_picture_and_a_download_tells_of_the_others(
    page: Page, photos: dict[str, Path]
) -> None:
    both = [photos["coffee"], photos["rocket"]]
    drop(page, both)
    colored(page, both)
    download(page)
    said = page.get_by_role("status")
    expect(said).to_have_text("coffee.color.jpg downloaded; all 2, as a zip, are under the arrow")
    photo(page, "rocket.jpg").click()
    expect(said).to_be_empty()
