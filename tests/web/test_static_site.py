"""The page without a server: written by ``colorize site``, served by a host that knows nothing of it."""

from __future__ import annotations

import io
import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from measures import lightness
from page_settings import DESKTOP, WAIT

pytest.importorskip("playwright.sync_api")

import tifffile
from page_steps import click_picture, colored, download, drop, photo, set_slider, settled
from PIL import Image, PngImagePlugin
from playwright.sync_api import Browser, Page, expect
from site_steps import download_as, hosted, read, ready
from skimage import data

from colorizing_things import Colorizer
from colorizing_things.model.catalog import find_model
from colorizing_things.web.static_site import SHELL, write_site

MEGABYTE = 1_000_000
SOURCE_TYPE = "compositeWithTrainedAlgorithmicMedia"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not (SHELL / "index.html").is_file():
        pytest.skip("the page was not built")
    folder = tmp_path_factory.mktemp("site")
    write_site(folder, find_model("default"))
    return folder


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    with hosted(site) as found:
        yield found


@pytest.fixture(scope="module")
def page(browser: Browser, address: str) -> Iterator[Page]:
    """Its second visit: the model is kept, the service worker at work. Nothing is asked of another host, ever."""
    context = browser.new_context(viewport=DESKTOP)
    context.set_default_timeout(WAIT)
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    context.on("request", lambda r: None if r.url.startswith((address, "blob:", "data:")) else complaints.append(r.url))
    opened.goto(address)
    # Drops are taken at once, while the model is on its way.
    expect(opened.get_by_role("heading", name="Drop black-and-white photographs here")).to_be_visible()
    ready(opened)
    opened.evaluate("() => navigator.serviceWorker.ready")
    opened.reload()
    ready(opened)
    yield opened
    context.close()
    assert not complaints


def test_a_drop_a_look_a_hint_and_a_download(page: Page, photos: dict[str, Path], tmp_path: Path) -> None:
    drop(page, [photos["coffee"]])
    colored(page, [photos["coffee"]])
    plain = page.get_by_role("application").screenshot()
    set_slider(page, "Saturation", 1.8)
    settled(page)
    assert page.get_by_role("application").screenshot() != plain
    click_picture(page, 0.45, 0.55)
    likely = page.get_by_role("group", name="Likely colours")
    expect(likely.get_by_role("button").first).to_be_visible()
    likely.get_by_role("button").first.click()
    expect(page.get_by_role("status").first).to_contain_text("set")
    page.get_by_role("button", name="Variants", exact=True).click()
    expect(page.get_by_role("radio", name="Variant 2")).to_be_enabled(timeout=WAIT)
    page.get_by_role("radio", name="Variant 2").dispatch_event("click")
    settled(page)
    saved = download(page)
    assert saved.suggested_filename == "coffee.color.jpg"
    saved.save_as(tmp_path / "coffee.jpg")
    before, after = Image.open(photos["coffee"]), Image.open(tmp_path / "coffee.jpg")
    assert (after.format, after.size, after.info["dpi"]) == ("JPEG", before.size, (300, 300))
    assert SOURCE_TYPE in after.info["xmp"].decode()
    pixels = np.asarray(after)
    assert np.ptp(pixels, axis=2).mean() > 10
    assert np.abs(lightness(pixels) - lightness(np.asarray(before))).mean() < 1


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Photographs of every kind that is read: grey and coloured, deep, transparent."""
    folder = tmp_path_factory.mktemp("originals")
    color, small = data.chelsea(), data.coffee()[::2, ::2]
    gray = np.asarray(Image.fromarray(color).convert("L"))
    deep = (gray.astype(np.uint16) * 257) + 100
    veil = np.linspace(0, 255, gray.shape[1]).astype(np.uint8)[None].repeat(len(gray), 0)
    paths = {
        name: folder / name for name in ("grey.jpg", "colour.jpg", "deep.png", "veil.png", "grey.webp", "deep.tif")
    }
    Image.fromarray(np.kron(gray, np.ones((3, 3), np.uint8))).save(paths["grey.jpg"], quality=92)  # it is shrunk first
    Image.fromarray(small).save(paths["colour.jpg"], quality=95)
    Image.fromarray(deep).save(paths["deep.png"])
    Image.fromarray(np.dstack([gray, veil])).save(paths["veil.png"])
    Image.fromarray(small).convert("L").save(paths["grey.webp"], quality=90)
    tifffile.imwrite(paths["deep.tif"], deep, compression="zlib", photometric="minisblack")
    return paths


@pytest.mark.parametrize("name", ["grey.jpg", "colour.jpg", "deep.png", "veil.png", "grey.webp", "deep.tif"])
def test_the_colours_are_those_of_the_command(
    page: Page, originals: dict[str, Path], name: str, tmp_path: Path
) -> None:
    path = originals[name]
    drop(page, [path])
    colored(page, [path])
    lossless = "tiff" if name.endswith("tif") else "png"
    ours = read(download_as(page, lossless, tmp_path / f"browser.{lossless[:4]}"))
    expected = tmp_path / f"command.{'tif' if lossless == 'tiff' else 'png'}"
    Colorizer(threads=1).colorize_file(path, expected)
    theirs = read(expected)
    assert (ours.shape, ours.dtype) == (theirs.shape, theirs.dtype)
    code = 257 if ours.dtype == np.uint16 else 1
    assert np.abs(ours[..., :3].astype(float) - theirs[..., :3]).mean() / code < 0.5
    assert (ours[..., 3:] == theirs[..., 3:]).all()
    assert np.ptp(ours[..., :3], axis=2).mean() / code > 4, "no colour"


def test_what_a_file_says_is_kept(page: Page, tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x010F], exif[0x0112], exif[0x9003] = "Zeiss", 6, "1931:05:04 12:00:00"
    packet = (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" dc:title="Großmutter"/>'
        "</rdf:RDF></x:xmpmeta>"
    ).encode()
    gray = Image.fromarray(data.camera()[:384, :256])
    paths = {kind: tmp_path / f"said.{kind}" for kind in ("jpg", "png", "webp")}
    texts = PngImagePlugin.PngInfo()
    texts.add_itxt("XML:com.adobe.xmp", packet.decode())
    texts.add_text("Title", "The ferry")
    gray.save(paths["jpg"], exif=exif, xmp=packet, quality=92, comment="in the loft")
    gray.save(paths["png"], exif=exif, pnginfo=texts)
    gray.save(paths["webp"], exif=exif, xmp=packet, quality=92)
    drop(page, list(paths.values()))
    colored(page, list(paths.values()))
    for kind, path in paths.items():
        photo(page, path.name).click()
        settled(page)
        result = download_as(page, "", tmp_path / f"result.{kind}")
        after = Image.open(result)
        assert after.size == (384, 256), f"{kind}: set upright"
        said = after.getexif()
        assert (said[0x010F], said[0x0112], said[0x9003]) == ("Zeiss", 1, "1931:05:04 12:00:00")
        xmp = after.info.get("xmp") or after.info["XML:com.adobe.xmp"].encode()
        assert SOURCE_TYPE.encode() in xmp and "Großmutter".encode() in xmp
    assert Image.open(tmp_path / "result.jpg").info["comment"] == b"in the loft"
    assert Image.open(tmp_path / "result.png").info["Title"] == "The ferry"


@pytest.mark.parametrize(
    ("name", "content", "line"),
    [
        ("letter.jpg", b"Dear all, here are", "letter.jpg: is no picture that this browser can read"),
        ("empty.png", b"", "empty.png: is empty (0 bytes)"),
        ("cut.jpg", b"\xff\xd8\xff\xe0" + bytes(400), "cut.jpg: cannot be read: damaged"),
    ],
)
def test_what_is_no_picture_is_refused_in_a_line(
    page: Page, tmp_path: Path, name: str, content: bytes, line: str
) -> None:
    (tmp_path / name).write_bytes(content)
    drop(page, [tmp_path / name])
    expect(page.get_by_role("main")).to_contain_text(line)


def test_several_pages_are_left_to_the_command(page: Page, tmp_path: Path) -> None:
    pages = io.BytesIO()
    with tifffile.TiffWriter(pages) as writer:
        for _ in range(2):
            writer.write(data.camera()[::4, ::4], photometric="minisblack", metadata=None)
    (tmp_path / "album.tif").write_bytes(pages.getvalue())
    drop(page, [tmp_path / "album.tif"])
    expect(page.get_by_role("main")).to_contain_text("album.tif: has 2 pages; the command colours them all")


def test_it_is_isolated_installable_and_works_offline(page: Page, address: str, photos: dict[str, Path]) -> None:
    assert page.evaluate("() => crossOriginIsolated"), "no threads without"
    manifest = json.load(urllib.request.urlopen(f"{address}manifest.webmanifest"))
    for icon in manifest["icons"]:
        with urllib.request.urlopen(address + icon["src"]) as answer:
            body = answer.read()
        if icon["type"] == "image/png":
            assert "x".join(map(str, Image.open(io.BytesIO(body)).size)) == icon["sizes"]
    found = page.context.new_cdp_session(page).send("Page.getInstallabilityErrors")["installabilityErrors"]
    assert [error["errorId"] for error in found if error["errorId"] != "in-incognito"] == []
    page.context.set_offline(True)
    try:
        page.reload()
        ready(page)
        drop(page, [photos["rocket"]])
        colored(page, [photos["rocket"]])
    finally:
        page.context.set_offline(False)


def test_a_hint_colours_what_the_command_colours(page: Page, photos: dict[str, Path], tmp_path: Path) -> None:
    drop(page, [photos["astronaut"]])
    colored(page, [photos["astronaut"]])
    page.get_by_role("application").focus()
    page.keyboard.press("Enter")  # the middle of the picture
    page.get_by_role("textbox", name="Colour as hex").fill("#2050c0")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Remove colour 1, #2050c0")).to_be_visible()
    page.keyboard.press("Escape")
    settled(page)
    ours = read(download_as(page, "png", tmp_path / "browser.png"))
    colorizer, gray = Colorizer(threads=1), Image.open(photos["astronaut"])
    plain, told = (np.asarray(colorizer(gray, hint=hint)) for hint in ([], ["256,256=#2050c0"]))
    assert np.abs(told.astype(float) - plain).mean() > 2, "the hint did nothing"
    assert np.abs(ours.astype(float) - told).mean() < 0.5


def test_forty_photographs_at_once(browser: Browser, address: str, tmp_path: Path) -> None:
    context = browser.new_context(viewport=DESKTOP)
    context.set_default_timeout(WAIT)
    page = context.new_page()
    page.on("crash", lambda _: pytest.fail("the tab died"))
    page.goto(address)
    ready(page)
    gray = Image.fromarray(data.chelsea()).convert("L").resize((96, 64))
    paths = [tmp_path / f"photograph {n}.png" for n in range(40)]
    for n, path in enumerate(paths):
        gray.rotate(n).save(path)
    drop(page, paths)
    ready_ones = page.get_by_role("navigation", name="Photographs").locator("li.ready")
    expect(ready_ones).to_have_count(40, timeout=4 * WAIT)
    photo(page, paths[39].name).click()
    settled(page)
    assert page.evaluate("() => [...document.querySelectorAll('[role=alert]')].map(it => it.textContent)") == []
    context.close()


def test_the_network_is_fetched_once_and_seen_to_come_while_drops_are_taken(
    browser: Browser, address: str, photos: dict[str, Path]
) -> None:
    # Without its service worker, whose requests no test can hold; graphs are kept by the page itself.
    context = browser.new_context(viewport=DESKTOP, service_workers="block")
    context.set_default_timeout(WAIT)
    page, held, fetched = context.new_page(), [], []
    context.on("request", lambda request: fetched.append(request.url) if ".onnx" in request.url else None)
    page.route("**/decoder-*.onnx", lambda route: held.append(route))
    page.goto(address)
    way = page.get_by_role("status", name="The network is on its way")
    expect(way).to_contain_text("Fetching the network, once:")
    expect(way.get_by_role("progressbar")).to_be_visible()
    drop(page, [photos["rocket"]])
    expect(photo(page, "rocket.jpg, being coloured")).to_be_visible()
    held[0].continue_()
    colored(page, [photos["rocket"]])
    expect(way).to_be_hidden()
    assert len(fetched) == 2, "two graphs"
    page.reload()
    ready(page)
    assert len(fetched) == 2, "they were kept"
    context.close()


def test_opened_as_a_file_it_says_what_does_not_work(browser: Browser, site: Path) -> None:
    page = browser.new_page()
    page.goto((site / "index.html").as_uri())
    expect(page.get_by_role("heading", name="This page has not started")).to_be_visible()
    expect(page.get_by_text("python -m http.server")).to_be_visible()
    page.close()


# What the stage is given to show, from now on.
LISTEN = """() => {
  window.given = [];
  const real = WebGL2RenderingContext.prototype.texImage2D;
  WebGL2RenderingContext.prototype.texImage2D = function (...how) {
    if (how[2] === WebGL2RenderingContext.RGBA32F && this.canvas.isConnected) window.given.push([...how[8]]);
    return real.apply(this, how);
  };
}"""


def test_a_hint_is_guessed_at_once_and_then_told_by_the_network(page: Page, tmp_path: Path) -> None:
    # In the middle is her suit, a thing with edges. The cat's face has none: how much of it is meant, two networks
    # that are equally good say differently, and a guess from the chances alone is as far off as those are unsure.
    photograph = tmp_path / "suit.png"
    Image.fromarray(data.astronaut()).convert("L").save(photograph)
    drop(page, [photograph])
    colored(page, [photograph])
    page.evaluate(LISTEN)
    page.get_by_role("application").focus()
    page.keyboard.press("Enter")
    for color in ("#c02020", "#2050c0"):
        page.get_by_role("textbox", name="Colour as hex").fill(color)
        page.keyboard.press("Tab")
        settled(page)
    before, guess, truth = (np.array(field) for field in page.evaluate("() => window.given.slice(-3)"))
    assert len(page.evaluate("() => window.given")) == 4, "of each hint a guess and the network's colours"
    assert np.abs(truth - before).mean() > 2, "the hint did nothing"
    # Of the way .14 was left; .6 if the colours were those without a hint.
    assert np.abs(guess - truth).mean() < 0.25 * np.abs(before - truth).mean()
