"""Nothing that a user gives the page is lost, and what it shows is what it gives back."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from page_settings import PHONE, WAIT

pytest.importorskip("playwright.sync_api")

from page_steps import click_picture, colored, download, drop, photo, set_slider, settled
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect
from waiting import until

HOVERED_FILE = """selector => {
  const transfer = new DataTransfer();
  transfer.items.add(new File(['no picture'], 'letter.txt', { type: 'text/plain' }));
  const target = document.querySelector(selector);
  const event = { bubbles: true, cancelable: true, dataTransfer: transfer };
  target.dispatchEvent(new DragEvent('dragover', event));
  target.dispatchEvent(new DragEvent('drop', event));
}"""


def opened(page: Page, *paths: Path) -> None:
    drop(page, paths)
    colored(page, paths)


def choose(page: Page, color: str, across: float = 0.72, down: float = 0.55) -> None:
    """Give a place a colour."""
    click_picture(page, across, down)
    box = page.get_by_role("dialog", name="Colour here").get_by_role("textbox", name="Colour as hex")
    box.fill(color)
    box.press("Enter")
    page.keyboard.press("Escape")


def pixels(shot: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(shot)).convert("RGB")).astype(int)


def stage(page: Page) -> np.ndarray:
    settled(page)
    page.mouse.move(5, 5)
    page.evaluate("document.activeElement.blur()")
    return pixels(page.get_by_role("application").screenshot())


def test_an_unreadable_reference_changes_nothing(page: Page, photos: dict[str, Path], tmp_path: Path) -> None:
    opened(page, photos["coffee"])
    letter = tmp_path / "letter.jpg"
    letter.write_bytes(b"Dear grandmother")
    page.get_by_label("Reference picture").set_input_files(letter)
    said = page.get_by_role("complementary").get_by_role("alert")
    expect(said).to_contain_text("letter.jpg: This is not a photograph that can be read")
    expect(page.get_by_role("button", name="Undo")).to_be_disabled()
    page.evaluate(HOVERED_FILE, "section[aria-labelledby=reference-title]")
    expect(page.get_by_text("Drop to colour")).to_be_hidden()  # the overlay does not stay
    expect(said).to_contain_text("letter.txt")
    first = stage(page)
    choose(page, "#2040c0")
    assert np.abs(stage(page) - first).max() > 30  # hints go on working
    download(page).save_as(tmp_path / "after.jpg")


def test_a_zip_leaves_out_what_fails_and_says_so(page: Page, photos: dict[str, Path], tmp_path: Path) -> None:
    opened(page, photos["coffee"], photos["rocket"])
    page.route("**/render", lambda route: answer_once(route, 422, "coffee.jpg: cannot be rendered"), times=1)
    page.get_by_role("button", name="More ways to download").click()
    download(page, "All 2 pictures, as a zip").save_as(tmp_path / "all.zip")
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        assert archive.namelist() == ["rocket.color.jpg"]
    expect(page.get_by_role("alert")).to_contain_text("Not in the zip: coffee.jpg (coffee.jpg: cannot be rendered)")

    page.route("**/render", lambda route: None)  # takes for ever
    page.get_by_role("button", name="Download", exact=True).click()
    with page.expect_event("requestfailed", lambda request: request.url.endswith("/render")):  # it is stopped too
        page.get_by_role("button", name="Rendering… Stop").click()
    expect(page.get_by_role("button", name="Download", exact=True)).to_be_enabled()


def answer_once(route, status: int, detail: str) -> None:  # type: ignore[no-untyped-def]
    route.fulfill(status=status, json={"detail": detail})


def test_removing_can_be_undone_and_a_hidden_cross_cannot_be_touched(
    browser: Browser, server: str, photos: dict[str, Path]
) -> None:
    context = browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True)
    page = context.new_page()
    page.set_default_timeout(WAIT)
    page.goto(server)
    opened(page, photos["coffee"], photos["rocket"])
    set_slider(page, "Warmth", 0.5)
    box = photo(page, "rocket.jpg").bounding_box()
    assert box
    page.touchscreen.tap(box["x"] + box["width"] - 3, box["y"] + 3)  # where the cross of an open one is
    expect(photo(page, "rocket.jpg")).to_have_attribute("aria-current", "true")
    photo(page, "coffee.jpg").tap()
    cross = page.get_by_role("button", name="Remove coffee.jpg")
    size = cross.bounding_box()
    assert size and min(size["width"], size["height"]) >= 44
    cross.tap()
    expect(photo(page, "coffee.jpg")).to_be_hidden()
    page.get_by_role("button", name="Bring back").tap()
    expect(photo(page, "coffee.jpg")).to_have_attribute("aria-current", "true")
    expect(page.get_by_role("slider", name="Warmth")).to_have_value("0.5")
    page.get_by_role("button", name="Remove all photographs").tap()
    page.get_by_role("button", name="Bring back").tap()
    expect(page.get_by_role("status")).to_contain_text("2 pictures are back")
    page.reload()
    colored(page, [photos["coffee"], photos["rocket"]])

    # A finger that scrolls over a slider leaves it as it is; one that moves sideways moves it.
    slider = page.get_by_role("slider", name="Saturation")
    slider.evaluate("one => one.scrollIntoView({ block: 'end' })")  # clear of the bar above
    before = slider.input_value()
    swipe(page, slider.bounding_box(), 0, -120)
    assert slider.input_value() == before
    expect(page.get_by_role("button", name="Redo")).to_be_disabled()
    page.wait_for_timeout(500)  # until what was scrolled is still
    slider.evaluate("one => one.scrollIntoView({ block: 'end' })")  # clear of the bar above
    swipe(page, slider.bounding_box(), 60, 0)
    expect(slider).not_to_have_value(before)
    context.close()


def swipe(page: Page, box, right: float, down: float) -> None:  # type: ignore[no-untyped-def]
    touch = page.context.new_cdp_session(page)
    x, y = box["x"] + 0.3 * box["width"], box["y"] + box["height"] / 2
    touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for step in range(1, 9):
        at = {"x": x + right * step / 8, "y": y + down * step / 8}
        touch.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [at]})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    page.wait_for_timeout(100)


def test_two_tabs_share_pictures_and_edits(page: Page, context: BrowserContext, photos: dict[str, Path]) -> None:
    opened(page, photos["coffee"])
    sessions = {response_id(page)}
    other = context.new_page()
    other.goto(page.url)
    colored(other, [photos["coffee"]])
    sessions.add(response_id(other))
    assert len(sessions) == 2  # each tab has its own: a reference set in one is not in the other
    opened(other, photos["rocket"])
    expect(photo(page, "rocket.jpg")).to_be_visible(timeout=WAIT)
    set_slider(page, "Warmth", 0.4)
    photo(other, "coffee.jpg").click()
    expect(other.get_by_role("slider", name="Warmth")).to_have_value("0.4")
    set_slider(other, "Strength", 0.7)
    expect(page.get_by_role("slider", name="Strength")).to_have_value("0.7")
    expect(page.get_by_role("slider", name="Warmth")).to_have_value("0.4")
    page.get_by_role("button", name="Undo").click()
    expect(other.get_by_role("slider", name="Strength")).to_have_value("1")
    other.close()
    page.reload()
    colored(page, [photos["coffee"], photos["rocket"]])


def response_id(page: Page) -> str:
    """The session of the open picture, as the page's next question names it."""
    with page.expect_request("**/palette*") as asked:
        click_picture(page, 0.5, 0.5)
    page.keyboard.press("Escape")
    return asked.value.url.split("/sessions/")[1].split("/")[0]


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[Server]:
    found = Server()
    yield found
    found.stop()


class Server:
    """One that may be stopped, held, and started again at the same address."""

    def __init__(self) -> None:
        self.port, self.process = "0", None
        self.start()

    def start(self) -> None:
        command = [sys.executable, "-c", "from colorizing_things.cli import main; main()", "serve", "--port", self.port]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        assert self.process.stderr is not None
        self.address = self.process.stderr.readline().split()[0]
        self.port = self.address.rpartition(":")[2].strip("/")

    def stop(self) -> None:
        self.process.send_signal(signal.SIGCONT)
        self.process.terminate()
        self.process.communicate()


@pytest.mark.skipif(os.name != "posix", reason="holds a process by a signal")
def test_a_server_that_goes_and_comes_back(
    context: BrowserContext, own_server: Server, photos: dict[str, Path], tmp_path: Path
) -> None:
    page = context.new_page()
    page.goto(own_server.address)
    opened(page, photos["coffee"])
    first = stage(page)

    own_server.process.send_signal(signal.SIGSTOP)  # takes requests, and never answers
    click_picture(page, 0.3, 0.4)
    badge = page.locator("header").get_by_role("alert")
    expect(badge).to_contain_text("The server does not answer", timeout=WAIT)
    expect(page.get_by_role("dialog")).to_contain_text("The server does not answer")
    page.keyboard.press("Escape")
    own_server.stop()

    choose(page, "#2040c0")
    dot = page.get_by_role("button", name="Colour 1, #2040c0, waiting for the server")
    expect(dot).to_be_visible()
    expect(page.get_by_text("Not on the picture yet")).to_be_visible()
    page.get_by_role("button", name="Download", exact=True).click()
    expect(page.get_by_role("alert").filter(has_text="not on the picture yet")).to_be_visible()

    own_server.start()  # with no session of before
    expect(badge).to_be_hidden(timeout=WAIT)
    expect(page.get_by_role("button", name="Colour 1, #2040c0", exact=True)).to_be_visible(timeout=WAIT)
    page.get_by_role("button", name="Dismiss").click()
    assert np.abs(stage(page) - first).max() > 30
    download(page).save_as(tmp_path / "hinted.jpg")
    hinted = np.asarray(Image.open(tmp_path / "hinted.jpg").convert("RGB")).astype(int)
    height, width = hinted.shape[:2]
    around = hinted[int(0.5 * height) : int(0.6 * height), int(0.68 * width) : int(0.76 * width)]
    assert around[..., 2].sum() > around[..., 0].sum()  # the hint is in the file, as it is on the screen


def test_a_refused_change_is_taken_back(page: Page, photos: dict[str, Path]) -> None:
    opened(page, photos["coffee"])
    first = stage(page)
    page.route("**/predict", lambda route: answer_once(route, 422, "hint 1: outside of the picture"), times=1)
    choose(page, "#2040c0")
    expect(page.get_by_role("alert")).to_contain_text("outside of the picture")
    expect(page.get_by_role("button", name="Colour 1, #2040c0")).to_be_hidden()
    page.get_by_role("button", name="Dismiss").click()
    assert np.array_equal(stage(page), first)


def test_keys_steps_and_what_is_marked(page: Page, photos: dict[str, Path]) -> None:
    opened(page, photos["coffee"])
    slider = page.get_by_role("slider", name="Saturation")
    slider.focus()
    for _ in range(9):
        page.keyboard.press("ArrowRight")
    expect(slider).not_to_have_value("1")
    page.keyboard.press("b")  # letters work wherever the focus is
    expect(page.get_by_role("slider", name="Before and after")).to_be_visible()
    page.keyboard.press("Control+z")
    expect(slider).to_have_value("1")  # nine presses were one step
    expect(page.get_by_role("button", name="Undo")).to_be_disabled()

    choose(page, "#2040c0", across=0.3)  # in the half that stays grey: the slider makes way
    expect(page.get_by_role("slider", name="Before and after")).to_be_hidden()

    page.get_by_role("button", name="Variants", exact=True).click()
    third = page.get_by_role("radio", name="Variant 3")
    expect(third).to_be_enabled(timeout=WAIT)
    page.get_by_role("button", name="Others").click()
    expect(third).to_be_enabled(timeout=WAIT)
    page.get_by_title("Variant 3").click()
    expect(third).to_be_checked()
    picked = stage(page)
    page.reload()
    colored(page, [photos["coffee"]])
    assert np.abs(stage(page) - picked).mean() < 0.5
    page.get_by_role("button", name="Variants", exact=True).click()
    expect(third).to_be_checked()  # of the second set, which is the one that is drawn
    expect(third).to_be_enabled(timeout=WAIT)

    opened(page, photos["rocket"])  # while one is open
    expect(photo(page, "rocket.jpg")).to_have_attribute("aria-current", "true")
    expect(photo(page, "rocket.jpg")).to_be_in_viewport()


def test_clear_toned_and_coloured_files_are_shown_as_they_are(page: Page, tmp_path: Path) -> None:
    from skimage import data

    color = data.coffee()
    clear = np.dstack([color.mean(-1).astype(np.uint8)] * 3 + [np.full(color.shape[:2], 255, np.uint8)])
    clear[:, :300, 3] = 0
    Image.fromarray(clear).save(tmp_path / "clear.png")
    sepia = (color.mean(-1, keepdims=True) * [1, 0.82, 0.6]).astype(np.uint8)
    Image.fromarray(sepia).save(tmp_path / "sepia.tif")  # a format that the browser does not show by itself
    Image.fromarray(color).save(tmp_path / "colour.png")

    opened(page, tmp_path / "clear.png")
    page.get_by_role("button", name="Show at 100 %").click()
    shown = stage(page)
    left = shown[300:340, 250:350].reshape(-1, 3)
    assert {tuple(color) for color in left} == {(204,) * 3, (153,) * 3}  # squares, as editors have them

    for name, remark in (("sepia.tif", False), ("colour.png", True)):
        opened(page, tmp_path / name)
        expect(page.get_by_text("This is already in colour")).to_be_visible(visible=remark)
        page.get_by_role("button", name="Show at 100 %").click()
        settled(page)
        page.keyboard.down("o")
        expect(page.get_by_text("Original", exact=True)).to_be_visible()
        file = np.asarray(Image.open(tmp_path / name))[150:250, 250:350].astype(int)
        until(lambda file=file: np.abs(middle(page) - file).mean() < 3)
        page.keyboard.up("o")


def middle(page: Page) -> np.ndarray:
    """The stage's 100 x 100 pixels around its middle."""
    shown = pixels(page.get_by_role("application").screenshot())
    height, width = shown.shape[:2]
    return shown[height // 2 - 50 : height // 2 + 50, width // 2 - 50 : width // 2 + 50]
