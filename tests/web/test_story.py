"""The whole story in a browser: drop, compare, sliders, hints, undo, variants, download, reload."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import numpy as np
import pytest
from measures import chroma, lightness
from page_settings import PHONE

pytest.importorskip("playwright.sync_api")

from page_steps import abilities, click_picture, colored, download, drop, photo, set_slider, settled
from PIL import Image
from playwright.sync_api import Browser, Page, expect


def shown(page: Page) -> bytes:
    """The stage's pixels, without the marks of focus and hovering."""
    settled(page)
    page.mouse.move(5, 5)
    page.evaluate("document.activeElement.blur()")
    return page.get_by_role("application").screenshot()


def needs(page: Page, panel: str) -> None:
    if panel not in abilities(page):
        pytest.skip(f"this model does not show {panel!r}")


def check_file(path: Path, original: Path) -> np.ndarray:
    """The file is the original's size and lightness; returns its pixels."""
    before, after = Image.open(original), Image.open(path)
    assert after.size == before.size
    assert after.format == before.format
    assert after.info.get("dpi") == before.info.get("dpi")
    pixels = np.asarray(after.convert("RGB"))
    assert np.abs(lightness(pixels) - lightness(np.asarray(before))).mean() < 1
    return pixels


def test_drop_look_undo_download(page: Page, photos: dict[str, Path], tmp_path: Path) -> None:
    drop(page, [photos["coffee"]])
    colored(page, [photos["coffee"]])
    first = shown(page)

    toggle = page.get_by_role("button", name="Before and after slider")
    toggle.click()
    compare = page.get_by_role("slider", name="Before and after")
    compare.fill("1")
    gray = shown(page)
    assert gray != first
    compare.fill("0.5")
    assert shown(page) not in (gray, first)
    toggle.click()
    assert shown(page) == first

    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    set_slider(page, "Saturation", 1.8)
    vivid = shown(page)
    assert vivid != first
    assert not requests, "sliders must not wait for the server"

    page.keyboard.press("Control+z")
    assert shown(page) == first
    page.keyboard.press("Control+Shift+z")
    assert shown(page) == vivid
    expect(page.get_by_role("status")).to_have_text("Redone")

    saved = download(page)
    assert saved.suggested_filename == "coffee.color.jpg"
    saved.save_as(tmp_path / "vivid.jpg")
    vivid_pixels = check_file(tmp_path / "vivid.jpg", photos["coffee"])

    page.get_by_role("button", name="Undo").click()
    download(page).save_as(tmp_path / "plain.jpg")
    assert chroma(vivid_pixels).mean() > 1.3 * chroma(check_file(tmp_path / "plain.jpg", photos["coffee"])).mean()


def test_a_hint_spreads_moves_and_goes(page: Page, photos: dict[str, Path], tmp_path: Path) -> None:
    drop(page, [photos["coffee"]])
    colored(page, [photos["coffee"]])
    needs(page, "Your colours")
    first = shown(page)

    click_picture(page, 0.72, 0.55)
    chooser = page.get_by_role("dialog", name="Colour here")
    expect(chooser.get_by_role("group", name="Likely colours").get_by_role("button").first).to_be_visible()
    chooser.get_by_role("textbox", name="Colour as hex").fill("#2040c0")
    chooser.get_by_role("textbox", name="Colour as hex").press("Enter")
    dot = page.get_by_role("button", name="Colour 1, #2040c0", exact=True)
    expect(dot).to_be_visible()
    page.keyboard.press("Escape")
    expect(chooser).to_be_hidden()
    assert shown(page) != first

    download(page).save_as(tmp_path / "hinted.jpg")
    pixels = check_file(tmp_path / "hinted.jpg", photos["coffee"])
    height, width = pixels.shape[:2]
    around = pixels[int(0.5 * height) : int(0.6 * height), int(0.68 * width) : int(0.76 * width)]
    red, _, blue = (int(around[..., channel].sum()) for channel in range(3))
    assert blue > red  # coffee is brown without it

    before = dot.bounding_box()
    dot.focus()
    page.keyboard.press("Shift+ArrowLeft")
    after = dot.bounding_box()
    assert before and after and after["x"] < before["x"] - 20
    settled(page)
    page.keyboard.press("Delete")
    expect(dot).to_be_hidden()
    for _ in range(3):  # removed, moved, set
        page.get_by_role("button", name="Undo").click()
    assert shown(page) == first


def test_a_likely_colour_is_one_click(page: Page, photos: dict[str, Path]) -> None:
    drop(page, [photos["coffee"]])
    colored(page, [photos["coffee"]])
    needs(page, "Your colours")
    page.get_by_role("application").focus()
    page.keyboard.press("Enter")  # the middle, without a mouse
    likely = page.get_by_role("group", name="Likely colours").get_by_role("button")
    likely.first.click()
    expect(likely.first).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("button", name=re.compile("^Colour 1, #"))).to_be_visible()


def test_pick_a_variant(page: Page, photos: dict[str, Path], tmp_path: Path) -> None:
    drop(page, [photos["coffee"]])
    colored(page, [photos["coffee"]])
    needs(page, "Variants")
    page.get_by_role("button", name="Variants", exact=True).click()
    variant = page.get_by_role("radio", name="Variant 3")
    expect(variant).to_be_enabled(timeout=30_000)  # six draws, on a machine that may be busy
    download(page).save_as(tmp_path / "likeliest.jpg")
    first = shown(page)
    page.get_by_title("Variant 3").click()
    expect(variant).to_be_checked()
    assert shown(page) != first
    download(page).save_as(tmp_path / "variant.jpg")
    likeliest, other = (check_file(tmp_path / f"{name}.jpg", photos["coffee"]) for name in ("likeliest", "variant"))
    assert np.abs(likeliest.astype(int) - other).mean() > 0.5
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("radio", name="Likeliest colours")).to_be_checked()


def test_a_reference_is_followed(page: Page, photos: dict[str, Path], tmp_path: Path) -> None:
    from skimage.data import retina

    drop(page, [photos["coffee"]])
    colored(page, [photos["coffee"]])
    needs(page, "Reference")
    red = tmp_path / "red.png"
    Image.fromarray(retina()[::3, ::3]).save(red)
    first = shown(page)
    page.get_by_label("Reference picture").set_input_files(red)
    expect(page.get_by_role("button", name="Remove the reference")).to_be_visible()
    assert shown(page) != first
    page.get_by_role("button", name="Undo").click()
    assert shown(page) == first


def test_many_survive_a_reload_and_a_forgetful_server(page: Page, photos: dict[str, Path], tmp_path: Path) -> None:
    paths = [photos[name] for name in ("coffee", "astronaut", "rocket")]
    sessions: list[str] = []
    page.on("response", lambda r: sessions.append(r.json()["id"]) if r.status == 201 else None)
    drop(page, paths)
    colored(page, paths)
    photo(page, "rocket.jpg").click()
    settled(page)
    set_slider(page, "Warmth", -0.6)
    first = shown(page)
    for session in sessions:
        page.request.delete(page.url + f"v1/sessions/{session}")
    page.reload()
    colored(page, paths)
    expect(photo(page, "rocket.jpg")).to_have_attribute("aria-current", "true")
    expect(page.get_by_role("slider", name="Warmth")).to_have_value("-0.6")
    assert shown(page) == first
    expect(page.get_by_role("button", name="Undo")).to_be_enabled()

    page.get_by_role("button", name="More ways to download").click()
    download(page, "All 3 pictures, as a zip").save_as(tmp_path / "all.zip")
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        assert archive.testzip() is None
        assert sorted(archive.namelist()) == ["astronaut.color.jpg", "coffee.color.jpg", "rocket.color.jpg"]
        archive.extract("rocket.color.jpg", tmp_path)
    check_file(tmp_path / "rocket.color.jpg", photos["rocket"])


def test_the_colour_alone(page: Page, photos: dict[str, Path], tmp_path: Path) -> None:
    drop(page, [photos["coffee"]])
    colored(page, [photos["coffee"]])
    page.get_by_role("button", name="More ways to download").click()
    saved = download(page, "Colour alone, transparent PNG")
    saved.save_as(tmp_path / "layer.png")
    layer = Image.open(tmp_path / "layer.png")
    assert (layer.format, layer.mode, layer.size) == ("PNG", "RGBA", Image.open(photos["coffee"]).size)


def test_what_is_no_picture_says_so(page: Page, photos: dict[str, Path], tmp_path: Path) -> None:
    broken = tmp_path / "letter.jpg"
    broken.write_bytes(b"Dear grandmother")
    drop(page, [broken, photos["coffee"]])
    colored(page, [photos["coffee"]])  # the others are coloured all the same
    photo(page, "letter.jpg, failed").click()
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("letter.jpg")
    expect(alert).not_to_contain_text("vips")
    expect(page.get_by_role("button", name="Try again")).to_be_hidden()  # it could not help
    page.get_by_role("button", name="Remove it").click()
    expect(alert).to_be_hidden()
    expect(photo(page, "coffee.jpg")).to_have_attribute("aria-current", "true")


def test_zoom_by_wheel_and_keys(page: Page, photos: dict[str, Path]) -> None:
    drop(page, [photos["coffee"]])
    colored(page, [photos["coffee"]])
    zoom = page.get_by_role("button", name=re.compile(r"^Show at 100 %, now \d+ %$"))

    def percent() -> int:
        return int(zoom.inner_text().split()[0])

    fitted = percent()
    stage = page.get_by_role("application")
    stage.hover()
    page.mouse.wheel(0, -400)
    expect(zoom).not_to_have_text(f"{fitted} %")
    assert percent() > fitted
    stage.focus()
    page.keyboard.press("1")
    assert percent() == 100
    page.keyboard.press("0")
    assert percent() == fitted


def test_doubtful_places_one_after_another(page: Page, photos: dict[str, Path]) -> None:
    drop(page, [photos["astronaut"]])
    colored(page, [photos["astronaut"]])
    button = page.get_by_role("button", name="Next doubtful place")
    if not button.is_visible():
        pytest.skip("this model gives no confidence")
    button.click()
    status, chooser = page.get_by_role("status"), page.get_by_role("dialog", name="Colour here")
    expect(status).to_contain_text("Doubtful place 1 of")
    expect(chooser).to_be_visible()
    first = chooser.bounding_box()
    page.keyboard.press("Escape")
    page.keyboard.press("u")
    expect(status).to_contain_text("Doubtful place 2 of")
    assert chooser.bounding_box() != first


def test_pasted_and_chosen_pictures_are_coloured_too(page: Page, photos: dict[str, Path]) -> None:
    drop(page, [photos["coffee"]], how="paste")
    colored(page, [photos["coffee"]])
    page.get_by_label("Photographs", exact=True).and_(page.locator("input")).set_input_files(photos["rocket"])
    colored(page, [photos["rocket"]])


def test_a_quick_hand_loses_nothing(page: Page, photos: dict[str, Path]) -> None:
    """Pictures dropped while the page still reads what it kept stand beside those."""
    drop(page, [photos["coffee"]])
    colored(page, [photos["coffee"]])
    page.reload(wait_until="commit")
    page.wait_for_function("() => document.querySelector('#app')?.children.length")
    drop(page, [photos["rocket"]])
    colored(page, [photos["coffee"], photos["rocket"]])
    page.reload()
    colored(page, [photos["coffee"], photos["rocket"]])


def test_on_a_phone(browser: Browser, server: str, photos: dict[str, Path]) -> None:
    context = browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True, device_scale_factor=2)
    page = context.new_page()
    page.goto(server)
    drop(page, [photos["astronaut"], photos["coffee"]])
    colored(page, [photos["astronaut"], photos["coffee"]])
    assert page.evaluate("[document.documentElement.scrollWidth, innerWidth]") == [PHONE["width"]] * 2
    if "Your colours" in abilities(page):
        box = page.get_by_role("application").bounding_box()
        assert box
        page.touchscreen.tap(box["x"] + 0.7 * box["width"], box["y"] + 0.6 * box["height"])
        sheet = page.get_by_role("dialog", name="Colour here")
        expect(sheet).to_be_visible()
        at = sheet.bounding_box()
        assert at and at["x"] == 0 and at["width"] == PHONE["width"]
        assert abs(at["y"] + at["height"] - PHONE["height"]) < 1
    context.close()
