from __future__ import annotations

import socket

import httpx
import pytest
from server.conftest import error_line

from colorizing_things.server.middleware import KnownHostMiddleware
from colorizing_things.server.settings import Settings


def test_only_its_own_names(client):
    port = client.base_url.port
    for host in ("localhost", f"localhost:{port}", "127.0.0.1", f"[::1]:{port}", "LOCALHOST"):
        assert client.get("/healthz", headers={"host": host}).status_code == 200, host
    for host in ("evil.example", f"evil.example:{port}", "localhost.evil.example", "192.168.0.7", "[::2]", "[", ""):
        error_line(client.get("/healthz", headers={"host": host}), 400)


def test_names_when_listening_everywhere_or_behind_a_proxy():
    everywhere = KnownHostMiddleware(None, "0.0.0.0", ["photos.example"])
    assert everywhere.knows("192.168.0.7:8000") and everywhere.knows("photos.example")
    assert not everywhere.knows("evil.example") and not everywhere.knows("")
    assert KnownHostMiddleware(None, "192.168.0.7", []).knows("192.168.0.7:80")


def test_another_sites_page_may_not_post(client, jpg):
    files = {"file": ("old.jpg", jpg)}
    own = f"http://127.0.0.1:{client.base_url.port}"
    for headers in (
        {"origin": "http://evil.example"}, {"origin": "null"}, {"origin": "http://127.0.0.1:1"},
        {"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site", "origin": own},
    ):  # fmt: skip
        error_line(client.post("/v1/sessions", files=files, headers=headers), 403)
    for headers in ({}, {"origin": own}, {"origin": own, "sec-fetch-site": "same-origin"}):
        assert client.post("/v1/sessions", files=files, headers=headers).status_code == 201


def test_no_answer_may_be_read_by_another_site(client):
    for path in ("/", "/healthz", "/v1/models", "/nothing", "/docs"):
        headers = client.get(path, headers={"origin": "http://evil.example"}).headers
        assert not [name for name in headers if name.startswith("access-control")]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cross-origin-resource-policy"] == "same-origin"
    preflight = {"origin": "http://evil.example", "access-control-request-method": "POST"}
    assert client.options("/v1/colorize", headers=preflight).status_code == 405
    policy = client.get("/").headers["content-security-policy"]
    assert policy.startswith("default-src 'self';") and "http" not in policy and "unsafe" not in policy


def test_an_upload_that_stops_coming(serving):
    with serving(Settings(upload_timeout=0.3, workers=1)) as client:
        head = (
            "POST /v1/colorize HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n"
            "Content-Type: multipart/form-data; boundary=b\r\n\r\n--b\r\n"
        )
        with socket.create_connection(("127.0.0.1", client.base_url.port), timeout=10) as connection:
            connection.sendall(head.encode())
            answer = connection.recv(4096)
        assert b" 408 " in answer.splitlines()[0]
        # and one that is hung up on disturbs nobody
        with socket.create_connection(("127.0.0.1", client.base_url.port), timeout=10) as connection:
            connection.sendall(head.encode())
        assert client.get("/healthz").json() == {"status": "ok"}


@pytest.mark.parametrize(
    ("path", "more", "status"),
    [
        ("/v1/colorize", "Host: localhost\r\nOrigin: http://evil.example\r\n", 403),
        ("/v1/colorize", "Host: elsewhere.example\r\n", 400),
        ("/nothing", "Host: localhost\r\n", 404),
        ("/v1/models", "Host: localhost\r\n", 405),
    ],
)
def test_whoever_is_still_sending_hears_why_it_is_refused(client, path, more, status):
    """A proxy that is cut off while it sends a body on reports the cut, not the answer."""
    kind = "Content-Type: multipart/form-data; boundary=b"
    head = f"POST {path} HTTP/1.1\r\n{more}Content-Length: 2000000\r\n{kind}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", client.base_url.port), timeout=10) as connection:
        connection.sendall(head.encode())
        connection.settimeout(0.2)
        with pytest.raises(TimeoutError):  # nothing is said, and nothing closed, before all of it has come
            connection.recv(1)
        connection.settimeout(10)
        connection.sendall(bytes(2_000_000))
        assert f" {status} ".encode() in connection.recv(4096).splitlines()[0]


def test_expecting_to_continue_with_too_much(client):
    head = (
        "POST /v1/colorize HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99000000000\r\nExpect: 100-continue\r\n"
        "Content-Type: multipart/form-data; boundary=b\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", client.base_url.port), timeout=10) as connection:
        connection.sendall(head.encode())
        assert b" 413 " in connection.recv(4096).splitlines()[0]


@pytest.mark.parametrize("path", ["/../pyproject.toml", "/assets/../../cli/serve.py", "/%2e%2e/app.py", "/etc/passwd"])
def test_nothing_else_of_the_disk_is_served(client, path):
    answer = client.send(httpx.Request("GET", httpx.URL(client.base_url, raw_path=path.encode())))
    assert answer.status_code == 404
