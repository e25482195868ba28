from __future__ import annotations

import io

import numpy as np
import pytest
from measures import chroma, lightness
from PIL import Image
from server.conftest import encoded, error_line

from colorizing_things import ColorOptions, Look, OutputOptions, Picture
from colorizing_things.server.uploads import safe_name


def post(client, data, name="old.jpg", **options):
    return client.post("/v1/colorize", files={"file": (name, data)}, data=options)


def test_it_is_the_librarys_own_result(client, colorizer, jpg):
    answer = post(client, jpg)
    assert answer.status_code == 200 and answer.headers["content-type"] == "image/jpeg"
    assert answer.content == colorizer.encode(Picture.decode(jpg))
    pixels = np.asarray(Image.open(io.BytesIO(answer.content)))
    assert pixels.shape == (400, 600, 3) and chroma(pixels).mean() > 3


def test_options_mean_what_they_mean_elsewhere(client, colorizer, jpg):
    answer = post(
        client, jpg, size="96", saturation="1.5", strength="0.8", warmth="0.3", format="png", provenance="false"
    )
    options = ColorOptions(96, look=Look(1.5, 0.8, 0.3))
    wanted = colorizer.encode(Picture.decode(jpg), options=options, output=OutputOptions("png", None, False))
    assert answer.headers["content-type"] == "image/png"
    assert answer.content == wanted


def test_sixteen_bits_and_transparency_come_back(client, gray_photo, tmp_path):
    import pyvips

    deep = pyvips.Image.new_from_array((gray_photo.astype(np.uint16) * 257)[:100, :150])
    answer = post(client, deep.copy(interpretation="grey16").tiffsave_buffer(), "scan.tiff")
    assert answer.status_code == 200
    assert pyvips.Image.new_from_buffer(answer.content, "").format == "ushort"
    assert 'filename="scan.color.tiff"' in answer.headers["content-disposition"]
    clear = np.dstack([gray_photo, np.full_like(gray_photo, 77)])
    answer = post(client, encoded(clear, "PNG"), "clear.png")
    assert (np.asarray(Image.open(io.BytesIO(answer.content)))[..., 3] == 77).all()


def test_every_page_of_a_tiff(client, gray_photo):
    file = io.BytesIO()
    pages = [Image.fromarray(gray_photo[:96, :128]), Image.fromarray(gray_photo[200:296, :128])]
    pages[0].save(file, "TIFF", save_all=True, append_images=pages[1:])
    answer = post(client, file.getvalue(), "two.tif")
    result = Image.open(io.BytesIO(answer.content))
    assert result.n_frames == 2
    for number, page in enumerate(pages):
        result.seek(number)
        assert np.abs(lightness(np.asarray(result)) - lightness(np.asarray(page))).mean() < 0.5


@pytest.mark.parametrize(
    ("options", "detail"),
    [
        ({"size": "7"}, "size 7"),
        ({"saturation": "-1"}, "saturation -1"),
        ({"saturation": "nan"}, "saturation nan"),
        ({"strength": "3"}, "strength 3"),
        ({"warmth": "-2"}, "warmth -2"),
        ({"format": "gif"}, "choose jpeg"),
        ({"quality": "0"}, "quality 0"),
        ({"hint": "here=red"}, "X,Y=#rrggbb"),
        ({"strength": "much"}, "strength"),
        ({"strenght": "1"}, "strenght: no such option"),
        ({"variant": "6"}, "variant 6"),
        ({"variant": "0", "variants": "0"}, "variants 0"),
        ({"seed": "-1"}, "seed"),
    ],
)
def test_a_wrong_option_is_one_line(client, jpg, options, detail):
    assert detail in error_line(post(client, jpg, **options), 422)


def test_the_names_given_to_a_download(client, jpg):
    names = {
        "old.jpg": "old.color.jpg",
        "../../etc/passwd": "passwd.color.jpg",
        "C:\\Users\\me\\scan.JPEG": "scan.color.JPEG",
        "a:b*.jpg": "a_b_.color.jpg",
        "...": "picture.color.jpg",
        "x" * 300 + ".jpg": "x" * 97 + ".color.jpg",
    }
    for given, wanted in names.items():
        disposition = post(client, jpg, given).headers["content-disposition"]
        assert f"filename*=UTF-8''{wanted}" in disposition, given
    disposition = post(client, jpg, "Großmutter.jpg").headers["content-disposition"]
    assert "UTF-8''Gro%C3%9Fmutter.color.jpg" in disposition and 'filename="Gromutter.color.jpg"' in disposition


def test_hints_reference_and_variants(client, jpg, color_photo):
    """Where the model can; where it cannot, it says so in one line."""
    can = next(model["can"] for model in client.get("/v1/models").json()["models"] if model["name"] == "default")
    reference = {"file": ("old.jpg", jpg), "reference": ("other.png", encoded(color_photo, "PNG"))}
    asked = {
        "hints": post(client, jpg, hint=["300,200=#2040ff", "10,10=#2040ff"]),
        "reference": client.post("/v1/colorize", files=reference),
        "variants": post(client, jpg, variant="1", variants="3", seed="4"),
    }
    plain = post(client, jpg).content
    for ability, answer in asked.items():
        if ability in can:
            assert answer.status_code == 200 and answer.content != plain, ability
        else:
            assert "model default" in error_line(answer, 422)


def test_names_are_only_ever_shown():
    assert safe_name('a"b;\r\nSet-Cookie: x=1.jpg') == "a_b_Set-Cookie_ x=1.jpg"
    assert safe_name("..") == safe_name("/") == safe_name(None) == safe_name("\0") == "picture"
    assert safe_name("/etc/.hidden.png") == "hidden.png"
    assert len(safe_name("y" * 5000)) == 100
