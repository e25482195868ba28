"""Nothing that a client says is ignored; HEAD is answered where GET is; sizes are capped."""

from __future__ import annotations

import pytest
from server.conftest import error_line

from colorizing_things import SettingError
from colorizing_things.server.settings import Settings


def test_a_word_in_the_address_that_is_not_known_is_refused(client, jpg):
    files = {"file": ("old.jpg", jpg)}
    assert "saturation: no such option" in error_line(client.post("/v1/colorize?saturation=0", files=files), 422)
    assert "bogus: no such" in error_line(client.post("/v1/sessions?bogus=1", files=files), 422)
    made = client.post("/v1/sessions", files=files).json()["id"]
    for method, rest in (
        ("GET", "?size=1"), ("GET", "/lightness?max_sid=64"), ("POST", "/predict?mood=1"), ("DELETE", "?x=1"),
        ("GET", "/palette?x=1&y=1&x=2"), ("GET", "/palette?x=1&y=1&hints=1,1"), ("POST", "/render?format=png"),
    ):  # fmt: skip
        body = {"json": {}} if method == "POST" else {}
        assert error_line(client.request(method, f"/v1/sessions/{made}{rest}", **body), 422)
    hints = [("x", 1), ("y", 1), ("hint", "1,1=#ff0000"), ("hint", "9,9=#00ff00")]
    assert client.get(f"/v1/sessions/{made}/palette", params=hints).status_code == 200
    assert "no such option" in error_line(client.get("/v1/models?name=x"), 422)


@pytest.mark.parametrize("route", ["/v1/colorize", "/v1/sessions"])
def test_a_part_said_twice_is_refused(client, jpg, route):
    files = [("file", ("a.jpg", jpg)), ("file", ("b.jpg", jpg))]
    assert "file: given 2 times" in error_line(client.post(route, files=files), 422)


def test_an_option_said_twice_is_refused_and_hints_are_not(client, jpg):
    files, twice = {"file": ("a.jpg", jpg)}, {"warmth": ["0.1", "0.2"]}
    assert "warmth: given 2 times" in error_line(client.post("/v1/colorize", files=files, data=twice), 422)
    hints = {"hint": ["1,1=#ff0000", "9,9=#00ff00"]}
    assert client.post("/v1/colorize", files=files, data=hints).status_code == 200


@pytest.mark.parametrize("path", ["/", "/healthz", "/metrics", "/v1/models", "/docs", "/openapi.json"])
def test_head_where_get_works(client, path):
    head, get = client.head(path), client.get(path)
    assert head.status_code == get.status_code == 200
    assert head.content == b"" and head.headers["content-type"] == get.headers["content-type"]
    assert client.head("/v1/nothing").status_code == 404


def test_a_size_is_capped(client, jpg):
    files = {"file": ("a.jpg", jpg)}
    assert "512 at most" in error_line(client.post("/v1/colorize", files=files, data={"size": "513"}), 422)
    assert client.post("/v1/colorize", files=files, data={"size": "64"}).status_code == 200
    with pytest.raises(SettingError, match="max-size 0"):
        Settings(max_size=0)
