from __future__ import annotations

import base64
import gc
import io
import weakref

import numpy as np
import pytest
from measures import lightness
from PIL import Image
from server.conftest import encoded, error_line
from waiting import until

from colorizing_things import Chroma, Look, OutputOptions, Picture
from colorizing_things.color.join import Joiner


@pytest.fixture
def session(client, jpg):
    answer = client.post("/v1/sessions", files={"file": ("photos/old.jpg", jpg)})
    assert answer.status_code == 201
    info = answer.json()
    yield info
    client.delete(f"/v1/sessions/{info['id']}")


def ask(client, session, verb, **body):
    return client.post(f"/v1/sessions/{session['id']}/{verb}", json=body)


def field(answer) -> Chroma:
    width, height, planes = (int(answer.headers[f"X-Chroma-{name}"]) for name in ("Width", "Height", "Planes"))
    values = np.frombuffer(answer.content, "<f4").reshape(planes, height, width)
    return Chroma(values[:2], values[2] if planes == 3 else None)


def pixels(data: bytes):
    return np.asarray(Image.open(io.BytesIO(data)))


def test_what_a_session_says(client, session):
    assert (session["name"], session["kind"], session["pages"]) == ("old.jpg", "jpeg", 1)
    assert (session["width"], session["height"], session["has_alpha"]) == (600, 400, False)
    assert session["default_size"] == 224 and session["expires_in"] == 1800
    assert client.get(f"/v1/sessions/{session['id']}").json() == session
    models = client.get("/v1/models").json()
    assert models["current"] == "default" and models["models"][0]["can"] == session["can"]


def test_lightness_and_field_make_the_rendered_picture(client, session, colorizer, jpg):
    """What the page joins by itself is what the server renders."""
    gray = pixels(client.get(f"/v1/sessions/{session['id']}/lightness").content)
    assert (gray == pixels(jpg)).all()
    chroma = field(ask(client, session, "predict", hints=[], variant=None))
    assert np.allclose(chroma.ab, colorizer.predict(jpg).ab)
    look = Look(saturation=1.3, strength=0.9, warmth=-0.2)
    joined = Joiner(chroma.with_look(look), 400, 600, False)(0, gray)
    options = {"saturation": 1.3, "strength": 0.9, "warmth": -0.2, "format": "png", "quality": None}
    answer = ask(client, session, "render", hints=[], variant=None, layer="picture", **options)
    assert 'filename="old.color.png"' in answer.headers["content-disposition"]
    assert (pixels(answer.content) == joined).all()


def test_a_plain_rendering_is_the_librarys_own(client, session, colorizer, jpg):
    answer = ask(client, session, "render")
    assert answer.content == colorizer.encode(Picture.decode(jpg))


def test_lightness_is_made_smaller_and_turned_upright(client, color_photo):
    exif = Image.Exif()
    exif[0x0112] = 6
    data = encoded(color_photo, "JPEG", quality=95, exif=exif)
    info = client.post("/v1/sessions", files={"file": ("turned.jpg", data)}).json()
    assert (info["width"], info["height"]) == (400, 600)
    gray = pixels(client.get(f"/v1/sessions/{info['id']}/lightness", params={"max_side": 150}).content)
    assert gray.shape == (150, 100)
    upright = Image.fromarray(color_photo).rotate(-90, expand=True).resize((100, 150), Image.Resampling.BOX)
    assert np.abs(lightness(gray) - lightness(np.asarray(upright))).mean() < 1.5


def test_the_original_keeps_its_colours_and_the_lightness_its_alpha(client, color_photo):
    alpha = np.full((*color_photo.shape[:2], 1), 255, np.uint8)
    alpha[:100] = 40
    data = encoded(np.dstack([color_photo, alpha]), "PNG")
    path = f"/v1/sessions/{client.post('/v1/sessions', files={'file': ('leaf.png', data)}).json()['id']}"
    assert (pixels(client.get(f"{path}/original").content) == color_photo).mean() > 0.99
    small = pixels(client.get(f"{path}/original", params={"max_side": 60}).content)
    assert small.shape == (40, 60, 3)
    gray = Image.open(io.BytesIO(client.get(f"{path}/lightness").content))
    assert gray.mode == "LA" and (np.asarray(gray)[..., 1] == alpha[..., 0]).all()
    assert "no such session" in error_line(client.get("/v1/sessions/none/original"), 404)


def test_the_colour_layer_over_the_original_is_the_coloured_picture(client, session, colorizer, jpg):
    layer = pixels(ask(client, session, "render", layer="color").content).astype(float)
    gray = pixels(jpg)[..., None].astype(float)
    alpha = layer[..., 3:] / 255
    over = gray + alpha * (layer[..., :3] - gray)
    wanted = pixels(colorizer.encode(Picture.decode(jpg), output=OutputOptions("png"))).astype(float)
    assert np.abs(over - wanted).max() <= 1.01
    assert alpha.mean() < 0.6


def test_variants_hints_reference_and_palette(client, session, jpg, color_photo):
    """Where the model can; where it cannot, it says so in one line."""
    can, path = session["can"], f"/v1/sessions/{session['id']}"
    hint = {"x": 300, "y": 200, "color": "#2040ff"}
    plain = field(ask(client, session, "predict"))
    answer = client.get(f"{path}/palette", params={"x": 300, "y": 200})
    if "palette" in can:
        colors = answer.json()["colors"]
        assert colors and all(0 < color["probability"] <= 1 and len(color["hex"]) == 7 for color in colors)
        assert "outside" in error_line(client.get(f"{path}/palette", params={"x": 600, "y": 0}), 422)
    answer = ask(client, session, "predict", hints=[hint])
    if "hints" in can:
        assert np.abs(field(answer).ab - plain.ab).max() > 5
        assert "outside" in error_line(ask(client, session, "predict", hints=[{**hint, "x": -1}]), 422)
    else:
        assert "takes no hints" in error_line(answer, 422)
    answer = ask(client, session, "variants", count=3, seed=1)
    if "variants" in can:
        drawn = answer.json()
        fields = [np.frombuffer(base64.b64decode(text), "<f4") for text in drawn["variants"]]
        assert len(fields) == 3 and all(len(ab) == 2 * drawn["width"] * drawn["height"] for ab in fields)
        assert ask(client, session, "variants", count=3, seed=1).json() == drawn
        second = field(ask(client, session, "predict", variant={"seed": 1, "index": 1, "count": 3}))
        assert (second.ab.ravel() == fields[1]).all()
    else:
        assert "variants" in error_line(answer, 422)
    answer = client.put(f"{path}/reference", files={"file": ("other.png", encoded(color_photo, "PNG"))})
    if "reference" in can:
        assert answer.status_code == 204 and not answer.content
        assert np.abs(field(ask(client, session, "predict")).ab - plain.ab).max() > 0
    else:
        assert "reference" in error_line(answer, 422)
    assert client.delete(f"{path}/reference").status_code == 204
    assert (field(ask(client, session, "predict")).ab == plain.ab).all()


@pytest.mark.parametrize(
    ("verb", "body"),
    [
        ("render", {"strength": 2}),
        ("render", {"format": "gif"}),
        ("render", {"layer": "all"}),
        ("predict", {"hints": [{"x": 1, "y": 1, "color": "reddish"}]}),
        ("predict", {"variant": {"seed": 1, "index": 5, "count": 3}}),
        ("predict", {"hint": []}),
        ("variants", {"count": 0}),
    ],
)
def test_a_wrong_option_is_one_line(client, session, verb, body):
    error_line(ask(client, session, verb, **body), 422)


def test_a_forgotten_session_is_gone(client, jpg):
    info = client.post("/v1/sessions", files={"file": ("old.jpg", jpg)}).json()
    path = f"/v1/sessions/{info['id']}"
    assert client.delete(path).status_code == 204
    for answer in (
        client.get(path), client.delete(path), client.get(f"{path}/lightness"), client.post(f"{path}/predict", json={}),
        client.post(f"{path}/render", json={}), client.get(f"{path}/palette", params={"x": 0, "y": 0}),
        client.put(f"{path}/reference", files={"file": jpg}), client.delete(f"{path}/reference"),
    ):  # fmt: skip
        assert "no such session" in error_line(answer, 404)


def test_many_sessions_make_room_for_new_ones_and_their_memory_comes_back(serving, jpg):
    from colorizing_things.server.settings import Settings

    with serving(Settings(max_sessions=2, session_seconds=1, workers=1)) as client:
        store, now = client.app.state.app_state.store, 0.0
        store._clock = lambda: now  # else a slow machine's sessions would expire too soon
        ids = [client.post("/v1/sessions", files={"file": ("old.jpg", jpg)}).json()["id"] for _ in range(2)]
        pictures = [weakref.ref(store.get(known).session) for known in ids]
        assert client.get(f"/v1/sessions/{ids[0]}").status_code == 200  # used later than the other
        client.post("/v1/sessions", files={"file": ("old.jpg", jpg)})
        assert client.get(f"/v1/sessions/{ids[1]}").status_code == 404
        assert client.get(f"/v1/sessions/{ids[0]}").status_code == 200
        gc.collect()
        assert pictures[1]() is None and pictures[0]() is not None
        now = 2.0
        until(lambda: store.bytes == 0)  # nobody asks: they are dropped all the same
        gc.collect()
        assert len(store) == 0 and pictures[0]() is None
