"""A film on the page: dropped, its shots looked at, a colour set on one, coloured, stopped, fetched, found again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from page_settings import WAIT

pytest.importorskip("playwright.sync_api")
pytest.importorskip("av")

from films import is_colored, panned, read_film, write_film
from page_steps import Sent, abilities, click_picture, colored, drop, settled
from playwright.sync_api import Page, expect


@pytest.fixture(autouse=True)
def patience() -> Iterator[None]:
    """A film's states take a busy machine long."""
    expect.set_options(timeout=WAIT)
    yield
    expect.set_options(timeout=5000)  # Playwright's own


@pytest.fixture(scope="module")
def reel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A second, two shots."""
    frames = panned(12) + panned(12, name="astronaut")
    folder = tmp_path_factory.mktemp("reel")
    return write_film(folder / "reel.mp4", frames, codec="libx264", sound="aac", options={"g": "12"})


@pytest.fixture(scope="module")
def long_reel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    still = panned(1) * 4000
    return write_film(
        tmp_path_factory.mktemp("long") / "long.mp4",
        still,
        codec="libx264",
        options={"g": "400", "preset": "ultrafast"},
    )


def shot(page: Page, number: int):  # type: ignore[no-untyped-def]
    return page.get_by_role("navigation", name="Shots").get_by_role("button", name=re.compile(f"^Shot {number},"))


def looked_at(page: Page, path: Path) -> None:
    expect(page.get_by_role("heading", name=path.name, level=2)).to_be_visible()
    expect(shot(page, 1)).to_be_visible()
    settled(page)


def test_a_film_from_the_drop_to_the_download(page: Page, reel: Path, tmp_path: Path) -> None:
    drop(page, [reel])
    looked_at(page, reel)
    assert page.evaluate(
        "[...document.images].filter(one => one.src.startsWith('data:')).every(one => one.naturalWidth)"
    )
    shot(page, 2).click()
    expect(shot(page, 2)).to_have_attribute("aria-current", "true")
    settled(page)
    page.get_by_role("slider", name="Saturation").fill("1.5")
    if "Your colours" in abilities(page):
        click_picture(page, 0.5, 0.5)
        chooser = page.get_by_role("dialog", name="Colour here")
        chooser.get_by_role("textbox", name="Colour as hex").fill("#2040c0")
        chooser.get_by_role("textbox", name="Colour as hex").press("Enter")
        page.keyboard.press("Escape")
        expect(shot(page, 2)).to_have_accessible_name(re.compile("with your colours$"))
    page.keyboard.press("p")
    expect(shot(page, 1)).to_have_attribute("aria-current", "true")
    settled(page)
    expect(page.get_by_role("slider", name="Saturation")).to_have_value("1.5")

    sent = Sent(page)
    page.get_by_role("button", name="Colour the film").click()
    link = page.get_by_role("link", name="Download the film")
    expect(link).to_be_visible()
    expect(page.get_by_text(re.compile(r"24 frames, 2\s+shots"))).to_be_visible()
    (request,) = sent.all("/color")
    assert request["saturation"] == 1.5
    assert [hint["color"] for hint in request["hints"]] == ["#2040c0"] * ("Your colours" in abilities(page))
    with page.expect_download() as started:
        link.click()
    assert started.value.suggested_filename == "reel.color.mp4"
    started.value.save_as(tmp_path / "new.mp4")
    new = read_film(tmp_path / "new.mp4")
    assert is_colored(new) and len(new.frames) == 24 and new.beside == read_film(reel).beside

    page.reload()
    looked_at(page, reel)
    expect(link).to_be_visible()
    if request["hints"]:
        expect(shot(page, 2)).to_have_accessible_name(re.compile("with your colours$"))
    page.get_by_role("button", name="Close the film").click()
    expect(page.get_by_role("heading", name="Drop black-and-white photographs here")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="Drop black-and-white photographs here")).to_be_visible()


def test_progress_is_shown_and_stops_when_asked(page: Page, long_reel: Path, photos: dict[str, Path]) -> None:
    drop(page, [long_reel])
    looked_at(page, long_reel)
    page.get_by_role("button", name="Colour the film").click()
    said = page.get_by_text(re.compile(r"\d+ of 4000 frames, shot 1,\s+[\d.]+ a second, [\d:]+ left"))
    expect(said).to_be_visible()
    expect(page.get_by_role("progressbar", name="Frames coloured")).to_be_visible()
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("button", name="Colour the film")).to_be_enabled()
    expect(page.get_by_role("link", name="Download the film")).to_be_hidden()
    page.get_by_role("button", name="Close the film").click()
    drop(page, [photos["coffee"]])  # photographs as ever
    colored(page, [photos["coffee"]])


def test_what_is_no_film_is_said_in_one_line(page: Page, tmp_path: Path) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no film")
    drop(page, [broken])
    said = page.get_by_text("broken.mp4: no film that can be read")
    expect(said).to_be_visible()
    page.get_by_role("button", name="Close it").click()
    expect(page.get_by_role("heading", name="Drop black-and-white photographs here")).to_be_visible()
