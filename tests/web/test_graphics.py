"""The page without a server on a graphics card: Chromium's own, which the processor plays, before a small picture."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from page_settings import DESKTOP, WAIT, WITH_GRAPHICS, launched
from programs import need

pytest.importorskip("playwright.sync_api")

from page_steps import colored, drop, settled
from PIL import Image
from playwright.sync_api import Browser, Page, Playwright, expect
from site_steps import download_as, hosted, read, ready
from skimage import data

from colorizing_things import Colorizer
from colorizing_things.model.catalog import find_model
from colorizing_things.web.static_site import SHELL, write_site

SMALL = 64  # px: what the network sees, as every program of the card takes seconds here


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The default one, which sees less."""
    folder = tmp_path_factory.mktemp("model") / "small"
    shutil.copytree(find_model("default").folder, folder)
    card = json.loads((folder / "card.json").read_text("utf-8"))
    (folder / "card.json").write_text(json.dumps(card | {"default_size": SMALL}), "utf-8")
    return folder


@pytest.fixture(scope="module")
def address(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    if not (SHELL / "index.html").is_file():
        pytest.skip("the page was not built")
    folder = tmp_path_factory.mktemp("site")
    write_site(folder, find_model(str(model)))
    with hosted(folder) as found:
        yield found


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    need("chromium")
    started = launched(playwright, WITH_GRAPHICS)
    yield started
    started.close()


@pytest.fixture
def photograph(tmp_path: Path) -> Path:
    path = tmp_path / "cat.png"
    Image.fromarray(data.chelsea()).convert("L").resize((226, 150)).save(path)
    return path


def opened(browser: Browser, address: str) -> tuple[Page, list[str]]:
    """The page when it has decided what its network runs on, and what it has fetched."""
    context = browser.new_context(viewport=DESKTOP)
    context.set_default_timeout(WAIT)
    page, fetched = context.new_page(), []
    context.on("request", lambda request: fetched.append(request.url))
    page.goto(address)
    ready(page)
    page.wait_for_function("() => document.documentElement.dataset.runs", timeout=4 * WAIT)
    return page, fetched


def runs_on(page: Page) -> str:
    return page.evaluate("() => document.documentElement.dataset.runs")


def hint(page: Page, color: str) -> None:
    """In the middle of the picture."""
    page.get_by_role("application").focus()
    page.keyboard.press("Enter")
    page.get_by_role("textbox", name="Colour as hex").fill(color)
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name=f"Remove colour 1, {color}")).to_be_visible()
    page.keyboard.press("Escape")
    settled(page)


def check(page: Page, colorizer: Colorizer, photograph: Path, color: str) -> None:
    """The picture with a hint is the command's."""
    ours = read(download_as(page, "png", photograph.parent / "browser.png"))
    gray = Image.open(photograph)
    told = np.asarray(colorizer(gray, hint=[f"113,75={color}"]))
    assert np.abs(told.astype(float) - np.asarray(colorizer(gray))).mean() > 2, "the hint did nothing"
    assert np.abs(ours.astype(float) - told).mean() < 0.5


def test_a_card_colours_as_the_command_does_and_when_it_is_lost_the_processor_goes_on(
    browser: Browser, address: str, model: Path, photograph: Path
) -> None:
    page, fetched = opened(browser, f"{address}?graphics=always")
    assert runs_on(page) == "graphics"
    assert [url for url in fetched if url.endswith(".wasm.gz")] == [
        url for url in fetched if "onnxruntime-graphics" in url
    ], "one runtime is enough"
    colorizer = Colorizer(model=str(model), threads=1)
    drop(page, [photograph])
    colored(page, [photograph])
    hint(page, "#c02020")
    check(page, colorizer, photograph, "#c02020")
    gone = page.context.new_page()
    with pytest.raises(Exception, match=r"ERR_ABORTED|closed|crash"):
        gone.goto("chrome://gpucrash")
    page.get_by_role("button", name="Remove colour 1, #c02020").click()
    hint(page, "#2050c0")
    check(page, colorizer, photograph, "#2050c0")
    page.context.close()


@pytest.mark.parametrize("wish", ["", "?graphics=never"])
def test_a_processor_that_plays_a_card_is_not_used(browser: Browser, address: str, wish: str) -> None:
    page, fetched = opened(browser, address + wish)
    assert runs_on(page) == "processor"
    assert not [url for url in fetched if "graphics" in url.removesuffix(wish)], "what nobody needs was fetched"
    page.context.close()
