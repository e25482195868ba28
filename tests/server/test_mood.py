"""Mood, seed, variants and palette of a model with noise, over HTTP; and a palette that knows the hints."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("onnx")
from server.conftest import error_line
from server.test_sessions import ask, field
from tiny_models import noise_model, plain_model

from colorizing_things import Colorizer, Hint, Picture
from colorizing_things.server.settings import Settings

HINTS = [{"x": 300, "y": 200, "color": "#2040c0"}]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return noise_model(tmp_path_factory.mktemp("models") / "noise")


@pytest.fixture
def noisy(serving, folder):
    with serving(Settings(model=str(folder))) as client:
        yield client


@pytest.fixture
def local(folder, jpg):
    return Colorizer(folder).session(Picture.decode(jpg))


def opened(client, jpg):
    return client.post("/v1/sessions", files={"file": ("old.jpg", jpg)}).json()


def test_a_session_with_noise_says_what_python_says(noisy, local, jpg):
    info = opened(noisy, jpg)
    assert info["can"] == ["hints", "variants", "reference", "palette", "mood"] and info["mood"] == 0.25
    hints = [Hint.of_color(300, 200, "#2040c0")]
    np.testing.assert_array_equal(field(ask(noisy, info, "predict")).ab, local.predict().ab)
    lively = local.shown_with(1.0, 5)
    found = field(ask(noisy, info, "predict", hints=HINTS, mood=1.0, seed=5)).ab
    np.testing.assert_array_equal(found, lively.predict(hints).ab)
    variant = {"seed": 2, "index": 2, "count": 4}
    found = field(ask(noisy, info, "predict", hints=HINTS, variant=variant)).ab
    np.testing.assert_array_equal(found, local.variant(2, 4, 2, hints).ab)
    assert len(ask(noisy, info, "variants", count=3, seed=2).json()["variants"]) == 3


def test_what_is_rendered_is_what_was_shown(noisy, folder, jpg):
    info = opened(noisy, jpg)
    rendered = ask(noisy, info, "render", mood=0.7, seed=3, format="png").content
    form = {"mood": "0.7", "seed": "3", "format": "png"}
    assert noisy.post("/v1/colorize", files={"file": ("old.jpg", jpg)}, data=form).content == rendered
    form |= {"variant": "1", "variants": "2"}
    assert noisy.post("/v1/colorize", files={"file": ("old.jpg", jpg)}, data=form).content != rendered


@pytest.mark.parametrize("query", ["", "300,200=#2040c0"])
def test_the_palette_knows_the_hints(client, colorizer, jpg, query):
    """Of today's default: over HTTP it once forgot what Python's knows."""
    info = client.post("/v1/sessions", files={"file": ("old.jpg", jpg)}).json()
    params = {"x": 310, "y": 210} | ({"hint": [query]} if query else {})
    found = client.get(f"/v1/sessions/{info['id']}/palette", params=params).json()["colors"]
    expected = colorizer.session(Picture.decode(jpg)).palette(310, 210, [Hint.parse(query)] if query else [])
    assert [color["hex"] for color in found] == [swatch.hex for swatch in expected]


def test_a_hint_of_the_palette_that_cannot_be_read_is_one_line(client, jpg):
    info = client.post("/v1/sessions", files={"file": ("old.jpg", jpg)}).json()
    answer = client.get(f"/v1/sessions/{info['id']}/palette", params={"x": 1, "y": 1, "hint": ["here"]})
    assert "write it as X,Y=#rrggbb" in error_line(answer, 422)


def test_a_mood_is_refused_by_a_model_without_and_out_of_range(serving, noisy, jpg, tmp_path):
    with serving(Settings(model=str(plain_model(tmp_path / "plain")))) as client:
        info = client.post("/v1/sessions", files={"file": ("old.jpg", jpg)}).json()
        assert "has no mood" in error_line(ask(client, info, "predict", mood=0.5), 422)
        assert "has no mood" in error_line(ask(client, info, "render", mood=0.5), 422)
        answer = client.post("/v1/colorize", files={"file": ("old.jpg", jpg)}, data={"mood": "0.5"})
        assert "has no mood" in error_line(answer, 422)
    assert "must be 0" in error_line(ask(noisy, opened(noisy, jpg), "predict", mood=2), 422)
