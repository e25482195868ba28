"""Bad uploads: each gets the right status and one clear line, from every route that takes one."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image
from server.conftest import encoded, error_line
from waiting import run_apart

ROUTES = ("/v1/colorize", "/v1/sessions")
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><rect width="9" height="9"/></svg>'


def send(client, route, data, name="old.jpg"):
    return client.post(route, files={"file": (name, data)})


def png_that_claims(width: int, height: int) -> bytes:
    """A few bytes that promise many pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@pytest.mark.parametrize("route", ROUTES)
def test_bad_uploads(client, route, jpg):
    assert "is empty" in error_line(send(client, route, b""), 422)
    assert "no picture" in error_line(send(client, route, b"hello, this is text"), 415)
    assert "no picture" in error_line(send(client, route, b"%PDF-1.4 and so on"), 415)
    assert "no picture" in error_line(send(client, route, SVG, "a.svg"), 415)
    assert "old.jpg: " in error_line(send(client, route, jpg[: len(jpg) // 2]), 422)
    assert "50000 x 50000" in error_line(send(client, route, png_that_claims(50_000, 50_000)), 413)
    assert "3000 x 2000" in error_line(send(client, route, encoded(np.zeros((2000, 3000), np.uint8), "PNG")), 413)
    assert "4 MB" in error_line(send(client, route, bytes(5 * 2**20)), 413)
    assert "passwd: is empty" in error_line(send(client, route, b"", "../../etc/passwd"), 422)


@pytest.mark.parametrize("route", ROUTES)
def test_damage_raw_files_and_animations_are_refused(client, route, gray_photo):
    """As the command refuses them: never a black picture, a thumbnail, or a first frame that nobody spoke of."""
    for compression in ("tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg"):
        data = bytearray(encoded(gray_photo, "TIFF", compression=compression))
        at = len(data) // 2
        data[at : at + 300] = bytes(np.random.default_rng(3).integers(0, 256, 300, dtype=np.uint8))
        assert "damaged" in error_line(send(client, route, bytes(data), "a.tif"), 422)
    for compression in ("zstd", "lzma"):
        tifffile, out = pytest.importorskip("tifffile"), io.BytesIO()
        pytest.importorskip("imagecodecs")
        tifffile.imwrite(out, np.dstack([gray_photo]), compression=compression)
        assert send(client, route, out.getvalue(), "a.tif").status_code in (200, 201)  # read, by another library
    raw = encoded(gray_photo, "TIFF", tiffinfo={50706: b"\1\4\0\0"})
    assert "raw file" in error_line(send(client, route, raw, "a.tif"), 415)
    frames = [Image.fromarray(gray_photo), Image.fromarray(255 - gray_photo)]
    for kind in ("GIF", "PNG"):
        out = io.BytesIO()
        frames[0].save(out, kind, save_all=True, append_images=frames[1:])
        assert "an animation of 2 frames" in error_line(send(client, route, out.getvalue()), 415)


def heic(pixels) -> bytes:
    out = io.BytesIO()
    pytest.importorskip("pillow_heif").from_pillow(Image.fromarray(pixels)).save(out, quality=90)
    return out.getvalue()


@pytest.mark.parametrize("route", ROUTES)
def test_a_telephones_heic_is_coloured(client, route, gray_photo):
    data = heic(np.dstack([gray_photo] * 3))
    answer = send(client, route, data, "old.heic")
    if route == "/v1/colorize":
        assert answer.headers["content-type"] == "image/avif"
        assert Image.open(io.BytesIO(answer.content)).size == (600, 400)
        return
    assert (answer.status_code, answer.json()["width"], answer.json()["height"]) == (201, 600, 400)
    held = client.app.state.app_state.store.get(answer.json()["id"]).bytes
    assert held > 600 * 400 * 3  # what it holds decoded is counted
    rendered = client.post(f"{route}/{answer.json()['id']}/render", json={"format": "png"})
    assert Image.open(io.BytesIO(rendered.content)).size == (600, 400)


@pytest.mark.parametrize("route", ROUTES)
def test_a_heic_that_is_too_large_or_damaged(client, route):
    data = heic(np.zeros((2000, 3000, 3), np.uint8))
    assert "3000 x 2000 pixels are over the server's limit" in error_line(send(client, route, data, "old.heic"), 413)
    data = heic(np.random.default_rng(0).integers(0, 255, (200, 300, 3), np.uint8))
    assert "cannot be read as HEIC" in error_line(send(client, route, data[: len(data) // 2], "old.heic"), 415)


@pytest.mark.parametrize("route", ROUTES)
def test_what_is_no_upload(client, route):
    assert error_line(client.post(route), 422) == "file: is missing"
    assert "file" in error_line(client.post(route, data={"file": "text"}), 422)
    assert error_line(client.post(route, content=b"x", headers={"content-type": "multipart/form-data"}), 400)
    broken_off = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nabc'
    answer = client.post(route, content=broken_off, headers={"content-type": "multipart/form-data; boundary=b"})
    assert answer.status_code in (400, 422) and error_line(answer, answer.status_code)


def test_too_many_pages(client):
    import pyvips

    pages = pyvips.Image.black(8, 8 * 1001)
    pages = pages.copy()
    pages.set_type(pyvips.GValue.gint_type, "page-height", 8)
    assert "1001 pages" in error_line(send(client, "/v1/colorize", pages.tiffsave_buffer(), "many.tif"), 413)


def test_an_upload_without_a_length_is_counted(client):
    def chunks():
        yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n'
        for _ in range(6):
            yield bytes(2**20)

    headers = {"content-type": "multipart/form-data; boundary=b"}
    assert "4 MB" in error_line(client.post("/v1/colorize", content=chunks(), headers=headers), 413)


def test_a_large_json_body(client):
    body = b'{"hints": [' + b" " * 2**20 + b"]}"
    answer = client.post("/v1/sessions/x/predict", content=body, headers={"content-type": "application/json"})
    assert "1 MB" in error_line(answer, 413)


@pytest.mark.parametrize("lifespan", ["on", "off", "mounted"])
def test_other_decoders_are_not_let_near_an_upload_however_the_app_was_started(lifespan, jpg):
    """And a host's own files are decoded as before."""
    import httpx
    from fastapi import FastAPI

    from colorizing_things import Picture
    from colorizing_things.server.app import create_app
    from colorizing_things.server.settings import Settings

    app = create_app(Settings(workers=1))
    if lifespan == "mounted":
        host = FastAPI()
        host.mount("/colour", app)
        app = host

    async def ask():
        import contextlib

        started = app.router.lifespan_context(app) if lifespan == "on" else contextlib.nullcontext()
        base = "http://localhost/colour" if lifespan == "mounted" else "http://localhost"
        async with started, httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=base) as client:
            assert Picture.decode(SVG).width > 0
            answers = [
                await client.post(route, files={"file": ("a.jpg", data)})
                for route in ("/v1/colorize", "/v1/sessions")
                for data in (SVG, jpg)
            ]
            both = {"file": ("a.jpg", jpg), "reference": ("b.jpg", SVG)}
            return [*answers, await client.post("/v1/colorize", files=both)]

    answers = run_apart(ask())
    assert [answer.status_code for answer in answers] == [415, 200, 415, 201, 415]
    assert "no picture in a format" in error_line(answers[0], 415)
